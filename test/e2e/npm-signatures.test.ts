import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSigstore } from '../modules/signing/sigstore-instance.ts'
import { packedBy } from '../support/npm-cli-packages.ts'
import { ann, type NpmRegistry, openNpmRegistry } from '../support/npm-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { openTufMirror, type TufMirror } from '../support/tuf-mirror.ts'

// `npm audit signatures` begins with the TUF repository of Sigstore, and ends when it does not answer: npm has no setting for another one.
// So these tests put a repository of their own in its place; it has no keys of this registry, and npm asks the registry for them.

const disposables = new AsyncDisposableStack()
let registry: NpmRegistry
let mirror: TufMirror
let sigstore: Awaited<ReturnType<typeof openSigstore>>

beforeAll(async () => {
  sigstore = await openSigstore()
  const folder = disposables.use(await temporaryFolder())
  const trustedRoot = join(folder.path, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(sigstore.trustedRoot()))
  mirror = disposables.use(await openTufMirror(sigstore.trustedRoot()))
  registry = disposables.use(await openNpmRegistry({ env: { REGISTRY_SIGNING_TRUSTED_ROOT: trustedRoot } }))
})
afterAll(() => disposables.disposeAsync())

/** A client that finds the mirror in the place of the public repository. */
async function trusting(command: string) {
  const client = await registry.client(command, ann)
  await mirror.trustIn(client.home)
  return client
}

test.each(['npm11', 'npm12'])('%s verifies the signatures and the provenance of what is installed, offline', async (command) => {
  const npm = await trusting(command)
  const name = `@acme/proven-${command}`
  const cwd = await registry.packageFolder({ name, version: '1.0.0' })
  const [packed = ''] = await packedBy(npm.json(['pack', '--json'], { cwd }))
  const tarball = join(cwd, packed)
  const sha512 = createHash('sha512')
    .update(await readFile(tarball))
    .digest('hex')
  const provenance = join(npm.home, 'provenance.json')
  await writeFile(provenance, JSON.stringify(await sigstore.bundle({ name: `pkg:npm/${name.replace('@', '%40')}@1.0.0`, sha512 })))
  await npm.run(['publish', tarball, '--provenance-file', provenance], { env: mirror.env })
  await registry.publish({ name: `@acme/signed-${command}`, version: '1.0.0' })

  const project = await npm.project({ dependencies: { [name]: '1.0.0', [`@acme/signed-${command}`]: '1.0.0' } })
  await npm.run(['install', '--no-audit'], { cwd: project })
  const { stdout } = await npm.run(['audit', 'signatures'], { cwd: project, env: mirror.env })
  expect(stdout).toContain('2 packages have verified registry signatures')
  expect(stdout).toContain('1 package has a verified attestation')
})

test('a bundle of another package is not published', async () => {
  const npm = await registry.client('npm12', ann)
  const cwd = await registry.packageFolder({ name: '@acme/unproven', version: '1.0.0' })
  await writeFile(join(cwd, 'bundle.json'), JSON.stringify(await sigstore.bundle()))
  const { code, stderr } = await npm.attempt(['publish', '--provenance-file', 'bundle.json'], { cwd })
  expect(code).not.toBe(0)
  expect(stderr).toContain('does not match the package')
})
