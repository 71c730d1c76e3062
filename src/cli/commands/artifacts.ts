import type { Command } from 'commander'
import { type ArtifactAddress, artifactPath, parseAddress } from '../client.ts'
import { type CommandContext, type Environment, openContext } from '../context.ts'
import { Failure } from '../failure.ts'
import { listAll } from '../paging.ts'

type Versioned = ArtifactAddress & { readonly version: string }

function versioned(text: string): Versioned {
  const address = parseAddress(text)
  if (address.version === undefined) throw new Failure('name the version: namespace/name@1.0.0', { exitCode: 2 })
  return { ...address, version: address.version }
}

/** list, info, versions, tag, yank, deprecate, unpublish, star, grant. */
export function artifactCommands(program: Command, environment: Environment): void {
  program
    .command('list <namespace>')
    .description('artifacts of a namespace')
    .action(async (namespace: string, _options: unknown, command: Command) => {
      const context = await openContext(command, environment)
      const items = await listAll(context.client, `/v1/artifacts/${encodeURIComponent(namespace)}`)
      context.output.list(items, ['name', 'format', 'type', 'visibility', 'description'])
    })

  program
    .command('info <artifact>')
    .description('an artifact, or one of its versions')
    .action(async (artifact: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const { version, ...address } = parseAddress(artifact)
      const path = version === undefined ? artifactPath(address) : artifactPath(address, version, 'metadata')
      const info = await client.json(path)
      output.result(info, JSON.stringify(info, null, 2))
    })

  program
    .command('versions <artifact>')
    .description('versions, newest first')
    .action(async (artifact: string, _options: unknown, command: Command) => {
      const context = await openContext(command, environment)
      const items = await listAll(context.client, artifactPath(parseAddress(artifact), '-', 'versions'))
      context.output.list(items, ['version', 'state', 'sizeBytes', 'publishedAt', 'manifestDigest'])
    })

  versionCommands(program, environment)
  tagCommands(program.command('tag').description('movable names of versions'), environment)
  grantCommands(program.command('grant').description('rights on one artifact'), environment)
}

interface Change {
  readonly method: 'PUT' | 'DELETE' | 'POST'
  readonly path: string
  readonly json?: unknown
  readonly said: string
}

async function apply({ client, output }: CommandContext, { method, path, json, said }: Change): Promise<void> {
  const answer = await client.json(path, { method, ...(json !== undefined && { json }) })
  output.result(answer ?? { ok: true }, said)
}

function versionCommands(program: Command, environment: Environment): void {
  const change = (name: string, description: string, build: (address: Versioned, options: { reason?: string }) => Change) =>
    program
      .command(`${name} <artifact>`)
      .description(description)
      .option('--reason <text>')
      .action(async (artifact: string, options: { reason?: string }, command: Command) =>
        apply(await openContext(command, environment), build(versioned(artifact), options)),
      )
  const reasoned = ({ reason }: { reason?: string }) => (reason === undefined ? {} : { reason })
  change('yank', 'hide a version from resolution; pinned downloads go on', (address, options) => ({
    method: 'PUT',
    path: artifactPath(address, address.version, 'yank'),
    json: reasoned(options),
    said: `yanked ${address.version}`,
  }))
  change('unyank', 'show a yanked version again', (address) => ({
    method: 'DELETE',
    path: artifactPath(address, address.version, 'yank'),
    said: `restored ${address.version}`,
  }))
  change('deprecate', 'warn whoever uses a version', (address, { reason = 'deprecated' }) => ({
    method: 'PUT',
    path: artifactPath(address, address.version, 'deprecation'),
    json: { reason },
    said: `deprecated ${address.version}`,
  }))
  change('undeprecate', 'take the warning back', (address) => ({
    method: 'DELETE',
    path: artifactPath(address, address.version, 'deprecation'),
    said: `restored ${address.version}`,
  }))
  change('unpublish', 'remove a version within 72 hours; its name stays taken', (address) => ({
    method: 'DELETE',
    path: artifactPath(address, address.version),
    said: `unpublished ${address.version}`,
  }))
  for (const [name, method] of [['star', 'PUT'], ['unstar', 'DELETE']] as const)
    program
      .command(`${name} <artifact>`)
      .description(`${name} an artifact`)
      .action(async (artifact: string, _options: unknown, command: Command) =>
        apply(await openContext(command, environment), { method, path: artifactPath(parseAddress(artifact), '-', 'star'), said: `${name}red ${artifact}` }),
      )
}

function tagCommands(tag: Command, environment: Environment): void {
  tag
    .command('list <artifact>')
    .description('tags and the versions they name')
    .action(async (artifact: string, _options: unknown, command: Command) => {
      const context = await openContext(command, environment)
      context.output.list(await listAll(context.client, artifactPath(parseAddress(artifact), '-', 'tags')), ['name', 'version', 'updatedAt'])
    })
  tag
    .command('set <artifact> <tag>')
    .description('move a tag to namespace/name@version')
    .action(async (artifact: string, name: string, _options: unknown, command: Command) => {
      const address = versioned(artifact)
      const path = artifactPath(address, '-', 'tags', name)
      await apply(await openContext(command, environment), { method: 'PUT', path, json: { version: address.version }, said: `${name} is now ${address.version}` })
    })
  tag
    .command('delete <artifact> <tag>')
    .description('remove a tag')
    .action(async (artifact: string, name: string, _options: unknown, command: Command) => {
      const path = artifactPath(parseAddress(artifact), '-', 'tags', name)
      await apply(await openContext(command, environment), { method: 'DELETE', path, said: `removed ${name}` })
    })
}

function grantCommands(grant: Command, environment: Environment): void {
  const pathOf = (artifact: string, kind: string, subject: string) => artifactPath(parseAddress(artifact), '-', 'grants', kind, subject)
  grant
    .command('list <artifact>')
    .description('who has rights beside the namespace roles')
    .action(async (artifact: string, _options: unknown, command: Command) => {
      const context = await openContext(command, environment)
      const items = await listAll<{ subject: { kind: string; name: string }; role: string }>(context.client, artifactPath(parseAddress(artifact), '-', 'grants'))
      const rows = items.map(({ subject, role }) => ({ kind: subject.kind, name: subject.name, role }))
      context.output.list(rows, ['kind', 'name', 'role'])
    })
  grant
    .command('set <artifact> <kind> <subject> <role>')
    .description('kind: user or team (organization/team); role: owner, admin, write, read')
    .action(async (artifact: string, ...rest: unknown[]) => {
      const [kind, subject, role, , command] = rest as [string, string, string, unknown, Command]
      const path = pathOf(artifact, kind, subject)
      await apply(await openContext(command, environment), { method: 'PUT', path, json: { role }, said: `${subject} has ${role}` })
    })
  grant
    .command('remove <artifact> <kind> <subject>')
    .description('take a grant back')
    .action(async (artifact: string, ...rest: unknown[]) => {
      const [kind, subject, , command] = rest as [string, string, unknown, Command]
      await apply(await openContext(command, environment), { method: 'DELETE', path: pathOf(artifact, kind, subject), said: `removed ${subject}` })
    })
}
