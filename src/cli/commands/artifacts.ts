import type { Command } from 'commander'
import { artifactPath, parseAddress, parseVersionAddress } from '../address.ts'
import { type Environment, type Invocation, withContext } from '../context.ts'
import { usage } from '../failure.ts'
import { listAll } from '../paging.ts'

interface Format {
  readonly format?: string
}

/** `--format` is needed only when several artifacts of one name differ in it. */
const add = (parent: Command, name: string, description: string): Command =>
  parent.command(name).description(description).option('--format <format>', 'when several artifacts have this name')

/** list, info, versions, set, star, tag, grant. */
export function artifactCommands(program: Command, environment: Environment): void {
  add(program, 'list <namespace>', 'artifacts of a namespace')
    .option('--type <type>')
    .action(
      withContext<[string], Format & { type?: string }>(environment, async ({ client, output, args: [namespace], options }) => {
        const { format, type } = options
        const items = await listAll(client, `/v1/artifacts/${encodeURIComponent(namespace)}`, { format, type })
        output.list(items, ['name', 'format', 'type', 'visibility', 'latest', 'downloads', 'description'])
      }),
    )
  add(program, 'info <artifact>', 'an artifact, or one of its versions or tags').action(
    withContext<[string], Format>(environment, async ({ client, output, args: [artifact], options: { format } }) => {
      const { version, ...address } = parseAddress(artifact)
      const path = version === undefined ? artifactPath(address) : artifactPath(address, version, 'metadata')
      output.record(await client.json(path, { query: { format } }))
    }),
  )
  add(program, 'versions <artifact>', 'versions, newest first').action(
    withContext<[string], Format>(environment, async ({ client, output, args: [artifact], options: { format } }) => {
      const items = await listAll(client, artifactPath(parseAddress(artifact), '-', 'versions'), { format })
      output.list(items, ['version', 'state', 'sizeBytes', 'publishedAt', 'publishedBy', 'manifestDigest'])
    }),
  )
  add(program, 'set <artifact> <settings...>', 'visibility=inherit|public|private, description=text').action(
    withContext<[string, string[]], Format>(environment, async ({ client, output, args: [artifact, pairs], options: { format } }) => {
      const changed = await client.json(artifactPath(parseAddress(artifact)), { method: 'PATCH', query: { format }, json: changeOf(pairs) })
      output.result(changed, `updated ${artifact}`)
    }),
  )
  for (const [name, method] of [
    ['star', 'PUT'],
    ['unstar', 'DELETE'],
  ] as const)
    add(program, `${name} <artifact>`, `${name} an artifact`).action(
      withContext<[string], Format>(environment, async ({ client, output, args: [artifact], options: { format } }) => {
        const { stars } = await client.json<{ stars: number }>(artifactPath(parseAddress(artifact), '-', 'star'), {
          method,
          query: { format },
        })
        output.result({ starred: method === 'PUT', stars }, `${artifact} has ${stars} stars`)
      }),
    )
  tagCommands(program.command('tag').description('movable names of versions'), environment)
  grantCommands(program.command('grant').description('rights on one artifact'), environment)
}

const changeOf = (pairs: readonly string[]): object =>
  Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^(visibility|description)=(.*)$/s.exec(pair) ?? []
      if (key === undefined) throw usage(`"${pair}" is neither visibility=… nor description=…`)
      return [key, value]
    }),
  )

function tagCommands(tag: Command, environment: Environment): void {
  const pathOf = (artifact: string, ...rest: string[]) => artifactPath(parseAddress(artifact), '-', 'tags', ...rest)
  add(tag, 'list <artifact>', 'tags and the versions they name').action(
    withContext<[string], Format>(environment, async ({ client, output, args: [artifact], options: { format } }) =>
      output.list(await listAll(client, pathOf(artifact), { format }), ['name', 'version', 'updatedAt', 'manifestDigest']),
    ),
  )
  add(tag, 'history <artifact> <tag>', 'every move of a tag, newest first').action(
    withContext<[string, string], Format>(environment, async ({ client, output, args: [artifact, name], options: { format } }) =>
      output.list(await listAll(client, pathOf(artifact, name, 'history'), { format }), [
        'changedAt',
        'fromVersion',
        'toVersion',
        'changedBy',
      ]),
    ),
  )
  add(tag, 'set <artifact> <tag>', 'move a tag to namespace/name@version').action(
    withContext<[string, string], Format>(environment, async ({ client, output, args: [artifact, name], options: { format } }) => {
      const { version } = parseVersionAddress(artifact)
      const moved = await client.json(pathOf(artifact, name), { method: 'PUT', query: { format }, json: { version } })
      output.result(moved, `${name} is now ${version}`)
    }),
  )
  add(tag, 'delete <artifact> <tag>', 'remove a tag').action(
    withContext<[string, string], Format>(environment, async ({ client, output, args: [artifact, name], options: { format } }) => {
      await client.send(pathOf(artifact, name), { method: 'DELETE', query: { format } })
      output.result({ removed: name }, `removed ${name}`)
    }),
  )
}

interface GrantView {
  readonly subject: { readonly kind: string; readonly name: string }
  readonly role: string
  readonly addedAt: string
}

function grantCommands(grant: Command, environment: Environment): void {
  const pathOf = (artifact: string, ...rest: string[]) => artifactPath(parseAddress(artifact), '-', 'grants', ...rest)
  add(grant, 'list <artifact>', 'who has rights beside the namespace roles').action(
    withContext<[string], Format>(environment, async ({ client, output, args: [artifact], options: { format } }) => {
      const items = await listAll<GrantView>(client, pathOf(artifact), { format })
      output.list(
        items.map(({ subject: { kind, name }, role, addedAt }) => ({ kind, name, role, addedAt })),
        ['kind', 'name', 'role', 'addedAt'],
      )
    }),
  )
  add(grant, 'set <artifact> <kind> <subject> <role>', 'kind: user or team (organization/team); role: owner, admin, write, read').action(
    withContext<[string, string, string, string], Format>(environment, async ({ client, output, args, options: { format } }) => {
      const [artifact, kind, subject, role] = args
      const set = await client.json(pathOf(artifact, kind, subject), { method: 'PUT', query: { format }, json: { role } })
      output.result(set, `${subject} has ${role} on ${artifact}`)
    }),
  )
  add(grant, 'remove <artifact> <kind> <subject>', 'take a grant back').action(
    withContext(environment, async ({ client, output, args, options }: Invocation<[string, string, string], Format>) => {
      const [artifact, kind, subject] = args
      await client.send(pathOf(artifact, kind, subject), { method: 'DELETE', query: { format: options.format } })
      output.result({ removed: subject }, `removed ${subject}`)
    }),
  )
}
