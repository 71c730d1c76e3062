import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ann, bob } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'
import { runProgram, startProgram } from '../support/run-program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const registry = useNpmRegistry()

test('oras pulls the tarball of a package, who may read it', async () => {
  await registry().publish({ name: '@acme/widget', version: '1.0.0' })
  await registry().publish({ name: '@acme/hidden', version: '1.0.0' }, { access: 'restricted' })
  await registry().publish({ name: 'unscoped', version: '1.0.0' })
  const as = (person: typeof ann) => ['--plain-http', '--username', person.username, '--password', person.password]
  const pull = async (name: string, person = ann) => {
    await using folder = await temporaryFolder()
    await runProgram(['oras', 'pull', ...as(person), '--output', folder.path, `${registry().host}/npm/${name}:1.0.0`])
    return readFile(join(folder.path, `${name.split('/').at(-1)}-1.0.0.tgz`))
  }
  const document = (await registry().api('/npm/@acme%2fwidget/1.0.0')) as { dist: { shasum: string } }
  const shasum = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')
  expect(shasum(await pull('acme/widget', bob))).toBe(document.dist.shasum)
  const unscoped = (await registry().api('/npm/unscoped/1.0.0')) as { dist: { shasum: string } }
  expect(shasum(await pull('library/unscoped'))).toBe(unscoped.dist.shasum)
  await pull('acme/hidden')
  const refused = await startProgram([
    'oras',
    'pull',
    ...as(bob),
    '--output',
    registry().folder,
    `${registry().host}/npm/acme/hidden:1.0.0`,
  ]).result
  expect(refused.code).not.toBe(0)
})
