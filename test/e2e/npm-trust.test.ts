import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openIssuer } from '../modules/npm/fake-issuer.ts'
import { ann, type NpmRegistry, openNpmRegistry } from '../support/npm-registry.ts'

let issuer: Awaited<ReturnType<typeof openIssuer>>
let registry: NpmRegistry
const stack = new AsyncDisposableStack()
beforeAll(async () => {
  issuer = await openIssuer()
  stack.defer(() => issuer.close())
  const env = {
    REGISTRY_OUTBOUND_ALLOW: '["127.0.0.1"]',
    REGISTRY_AUTH_TRUSTED_ISSUERS: JSON.stringify([{ type: 'github', issuer: issuer.url }]),
  }
  registry = stack.use(await openNpmRegistry({ env }))
})
afterAll(() => stack.disposeAsync())

/** As in a job of GitHub Actions. */
const inWorkflow = async (claims: object = {}) => ({
  ...{ CI: 'true', GITHUB_ACTIONS: 'true' },
  NPM_ID_TOKEN: await issuer.mint({ ...claims }, { audience: 'npm:127.0.0.1' }),
})
const trustCommand = (name: string) => ['trust', 'github', name, '--file=publish.yml', '--repo=acme/widget', '--allow-publish', '--yes']

describe.each(['npm11', 'npm12'] as const)('%s', (command) => {
  const scope = `@acme/${command}`

  test('a workflow publishes a package that does not exist yet, and then moves its tags, without a secret', async () => {
    const name = `${scope}-first`
    const owner = await registry.client('npm12', ann)
    await owner.run(trustCommand(name))
    const npm = await registry.client(command)
    const cwd = await registry.packageFolder({ name, version: '1.0.0' })
    await npm.run(['publish'], { cwd, env: await inWorkflow() })
    expect((await owner.run(['view', name, 'version'])).stdout.trim()).toBe('1.0.0')
    if (command === 'npm12') await npm.run(['dist-tag', 'add', `${name}@1.0.0`, 'next'], { env: await inWorkflow() })

    const other = await registry.packageFolder({ name: `${scope}-other`, version: '1.0.0' })
    expect((await npm.attempt(['publish'], { cwd: other, env: await inWorkflow() })).code).not.toBe(0)
  })

  test('why a workflow is refused is shown by --loglevel=verbose', async () => {
    const name = `${scope}-refused`
    await (await registry.client('npm12', ann)).run(trustCommand(name))
    const npm = await registry.client(command)
    const cwd = await registry.packageFolder({ name, version: '1.0.0' })
    const env = await inWorkflow({ workflow_ref: 'acme/widget/.github/workflows/ci.yml@refs/heads/main' })
    const { code, stderr } = await npm.attempt(['publish', '--loglevel=verbose'], { cwd, env })
    expect(code).not.toBe(0)
    expect(stderr).toContain('workflow file is ci.yml, the trusted publisher wants publish.yml')
  })
})
