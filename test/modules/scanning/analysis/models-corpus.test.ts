import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { writtenModels } from './written-models.ts'

const folder = join(import.meta.dirname, '../corpus/models')
/** Made by CPython (corpus/make-models.py): the name says what is right. */
const pickled = readdirSync(folder).map((fileName) => ({
  fileName,
  isBad: fileName.startsWith('bad-'),
  bytes: readFileSync(join(folder, fileName)),
}))
const models = [...pickled, ...writtenModels]

test('the corpus of models has the agreed size, both ways', () => {
  expect(pickled.length).toBeGreaterThanOrEqual(12)
  expect(models.filter(({ isBad }) => isBad).length).toBeGreaterThanOrEqual(12)
  expect(models.filter(({ isBad }) => !isBad).length).toBeGreaterThanOrEqual(12)
  expect(Math.max(...pickled.map(({ bytes }) => bytes.length))).toBeLessThan(20_000)
})

test('P16 models that run code or are not what they say are told from those that are fine, without running any', async () => {
  const judged = await Promise.all(
    models.map(async ({ fileName, isBad, bytes }) => {
      const report = await analyseHere({ kind: 'model', blobs: [{ fileName, bytes }] })
      return { fileName, isBad, isBlamed: report.verdict.level !== 'clean', rules: rulesOf(report), report }
    }),
  )
  const caught = judged.filter(({ isBad, isBlamed }) => isBad && isBlamed)
  const blamed = judged.filter(({ isBad, isBlamed }) => !isBad && isBlamed)
  const missed = judged.filter(({ isBad, isBlamed }) => isBad && !isBlamed)
  const precision = caught.length / (caught.length + blamed.length)
  const recall = caught.length / (caught.length + missed.length)
  console.log(
    `models: ${caught.length + missed.length} bad, ${models.length - caught.length - missed.length} good; precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
  )
  for (const { fileName, rules } of [...blamed, ...missed]) console.log(`wrong: ${fileName} ${rules.join(', ')}`)
  expect(precision).toBeGreaterThanOrEqual(0.97)
  expect(recall).toBeGreaterThanOrEqual(0.97)
})

test('every way of a pickle to a function is named as dangerous, and nothing of a harmless one is', async () => {
  for (const { fileName, isBad, bytes } of pickled) {
    const rules = rulesOf(await analyseHere({ kind: 'model', blobs: [{ fileName, bytes }] }))
    if (isBad) expect(rules, fileName).toContain('model/dangerous-global')
    else
      expect(
        rules.filter((rule) => !['model/pickle', 'model/metadata-missing'].includes(rule)),
        fileName,
      ).toEqual([])
  }
})

test('P16 a version declared as safetensors is told from one that also has pickles, or has no such file', async () => {
  const safetensors = writtenModels.find(({ fileName }) => fileName === 'fine.safetensors')
  const pickle = pickled.find(({ fileName }) => fileName === 'good-sklearn.pkl')
  if (!safetensors || !pickle) throw new Error('the corpus lost a file')
  const metadata = { modelFormat: 'safetensors' }
  expect(rulesOf(await analyseHere({ kind: 'model', metadata, blobs: [safetensors] }))).toEqual([])
  expect(rulesOf(await analyseHere({ kind: 'model', metadata, blobs: [safetensors, pickle] }))).toContain('model/format-mismatch')
  expect(rulesOf(await analyseHere({ kind: 'model', metadata, blobs: [pickle] }))).toContain('model/format-mismatch')
})

test("safetensors and ONNX without anybody's name in them are ordinary", async () => {
  const header = Buffer.from('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const safetensors = Buffer.concat([length, header, Buffer.alloc(1)])
  const onnx = Buffer.from('08083a00', 'hex')
  for (const [fileName, bytes] of [
    ['a.safetensors', safetensors],
    ['a.onnx', onnx],
  ] as const) {
    const report = await analyseHere({ kind: 'model', blobs: [{ fileName, bytes }] })
    expect([rulesOf(report), report.verdict.level]).toEqual([['model/metadata-missing'], 'clean'])
  }
})
