import { expect, test } from 'vitest'
import { readDocument } from '../../../src/modules/scanning/sbom/document-thread.ts'

const component = (at: number) => ({
  ...{ type: 'library', name: `p${at}`, version: '1.0.0', purl: `pkg:npm/p${at}@1.0.0`, description: 'x'.repeat(400) },
  licenses: [{ license: { id: 'MIT' } }],
})
const bomOf = (count: number) => ({
  ...{ bomFormat: 'CycloneDX', specVersion: '1.6' },
  components: Array.from({ length: count }, (_, at) => component(at)),
})
const statement = (predicate: object) => {
  const payload = { _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://cyclonedx.org/bom', predicate }
  return { payloadType: 'application/vnd.in-toto+json', payload: Buffer.from(JSON.stringify(payload)).toString('base64'), signatures: [] }
}

test('an attached SBOM of many megabytes held up the loop for as long as it took to read', async () => {
  const content = Buffer.from(JSON.stringify(statement(bomOf(20_000))))
  expect(content.length).toBeGreaterThan(12_000_000)
  const [thread, before] = [process.threadCpuUsage(), process.cpuUsage()]
  const read = await readDocument(content)
  const [onLoop, inAll] = [process.threadCpuUsage(thread).user / 1e3, process.cpuUsage(before).user / 1e3]
  console.log(`${content.length} bytes: ${Math.round(onLoop)} ms of ${Math.round(inAll)} on the loop`)
  expect(read?.components).toHaveLength(20_000)
  expect(read?.components[0]).toMatchObject({ purl: 'pkg:npm/p0@1.0.0', ecosystem: 'npm', licenses: ['MIT'] })
  expect(onLoop).toBeLessThan(inAll / 2)
})

test('what a document says does not depend on where it is read', async () => {
  const filler = ' '.repeat(300_000)
  for (const document of [bomOf(3), statement(bomOf(3)), { '@context': 'https://openvex.dev/ns/v0.2.0' }]) {
    const text = JSON.stringify(document)
    expect(await readDocument(Buffer.from(text + filler))).toEqual(await readDocument(Buffer.from(text)))
  }
  expect(await readDocument(Buffer.from(`no JSON${filler}`))).toEqual({ components: [], isList: false, other: undefined })
})
