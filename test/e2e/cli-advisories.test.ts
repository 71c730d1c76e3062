import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { malware, newScore, traversal } from '../modules/scanning/osv-documents.ts'
import { zipOf } from '../modules/scanning/zip-of.ts'
import { type Cli, cliOf } from '../support/run-cli.ts'
import { type RunningRegistry, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RunningRegistry
let cli: Cli

beforeAll(async () => {
  folder = await temporaryFolder()
  registry = await runRegistry()
  cli = cliOf(join(folder.path, 'config'), registry.url)
})

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const file = (name: string) => join(folder.path, name)
const onRegistry = () => ({ env: { REGISTRY_DATA_DIR: registry.dataDir } })
const audit = async () => {
  const body = JSON.stringify({ 'gati-fixture-widget': ['1.0.0'], '@gati-fixture/left-pod': ['9.9.9'] })
  const answer = await fetch(`${registry.url}/npm/-/npm/v1/security/advisories/bulk`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  return Object.keys((await answer.json()) as object).sort()
}

test('advisories of a folder are taken beside a running registry, whose audits know them at once', async () => {
  expect(await audit()).toEqual([])
  await mkdir(file('osv/npm'), { recursive: true })
  await writeFile(file('osv/npm/1.json'), JSON.stringify(traversal))
  await writeFile(file('osv/2.json'), JSON.stringify(newScore))
  await writeFile(file('osv/bad.json'), '{"id":')
  expect(await cli.json(['advisories', 'import', file('osv')], onRegistry())).toEqual({
    ...{ read: 3, added: 2, updated: 0, withdrawn: 0, skipped: 0, failed: 1 },
    problems: [{ file: file('osv/bad.json'), reason: 'it is not JSON' }],
  })
  expect(await audit()).toEqual(['gati-fixture-widget'])
})

test('an archive adds what is new, and a report is readable', async () => {
  await writeFile(file('all.zip'), zipOf([traversal, malware].map((each) => ({ name: `${each.id}.json`, content: JSON.stringify(each) }))))
  const { code, stdout } = await cli.run(['advisories', 'import', file('all.zip')], onRegistry())
  expect([code, stdout]).toEqual([0, 'read 2 documents: 1 added, 0 updated, 0 withdrawn, 1 known already, 0 not taken\n'])
  expect(await audit()).toEqual(['@gati-fixture/left-pod', 'gati-fixture-widget'])
})

test('it fails when nothing could be taken, and says when it was called wrongly', async () => {
  const run = (...args: string[]) => cli.run(['advisories', 'import', ...args], onRegistry())
  expect((await run(file('osv/bad.json'))).code).toBe(1)
  await mkdir(file('empty'))
  expect(await run(file('empty'))).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no .json file in') })
  await writeFile(file('text.zip'), 'not an archive')
  expect((await run(file('text.zip'))).code).toBe(1)
  expect((await run(file('missing'))).code).toBe(2)
  expect((await run()).code).toBe(2)
})
