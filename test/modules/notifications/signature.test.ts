import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSecret, signatureHeader } from '../../../src/modules/notifications/webhooks/signature.ts'

type Verify = (secret: string, header: string, body: string) => boolean
let folder: string
let isGenuine: Verify
let python: string

/** The examples of the page for users are what is tested here. */
beforeAll(async () => {
  const page = await readFile(new URL('../../../docs/notifications.md', import.meta.url), 'utf8')
  const example = (language: string, file: string) =>
    new RegExp(`^\`\`\`${language}\\n(?://|#) ${file}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? ''
  folder = await mkdtemp(join(tmpdir(), 'gati-verify-'))
  await writeFile(join(folder, 'verify.mjs'), example('js', 'verify.mjs'))
  python = example('python', 'verify.py')
  ;({ isGenuine } = (await import(join(folder, 'verify.mjs'))) as { isGenuine: Verify })
})
afterAll(() => rm(folder, { recursive: true }))

const now = () => Math.floor(Date.now() / 1_000)
const text = fc.string({ unit: 'binary', maxLength: 200 }).map((some) => some.toWellFormed())

test('D-29 a signature holds for its secrets, its body and its time, and for nothing else', () => {
  fc.assert(
    fc.property(fc.tuple(text, text, fc.integer({ min: 301, max: 100_000 }), fc.nat()), ([body, other, late, place]) => {
      const [first, second, stranger] = [newSecret(), newSecret(), newSecret()]
      const header = signatureHeader([first, second], now(), body)
      expect([first, second, stranger].map((secret) => isGenuine(secret, header, body))).toEqual([true, true, false])
      if (other !== body) expect(isGenuine(first, header, other)).toBe(false)
      expect(isGenuine(first, signatureHeader([first], now() - late, body), body)).toBe(false)
      // Another time under the same signature.
      expect(isGenuine(first, header.replace(/^t=\d+/, `t=${now() + 7}`), body)).toBe(false)
      const single = signatureHeader([first], now(), body)
      const at = single.length - 64 + (place % 64)
      const digit = single[at] === '0' ? '1' : '0'
      expect(isGenuine(first, single.slice(0, at) + digit + single.slice(at + 1), body)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('the Python example says of every message what the Node example says', ({ skip }) => {
  if (spawnSync('python3', ['--version']).status !== 0) skip('there is no python3')
  const secret = newSecret()
  const body = '{"id":"ü"}'
  const header = signatureHeader([newSecret(), secret], now(), body)
  const cases = [
    [secret, header, body],
    [newSecret(), header, body],
    [secret, header, `${body} `],
    [secret, signatureHeader([secret], now() - 400, body), body],
    [secret, '', body],
    [secret, 't=,v1=', body],
    [secret, 'v1=00', body],
  ] as const
  const script = `${python}\nimport json, sys\nprint(json.dumps([is_genuine(s, h, b.encode()) for s, h, b in json.load(sys.stdin)]))`
  const run = spawnSync('python3', ['-c', script], { input: JSON.stringify(cases), encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual(cases.map(([key, header, body]) => isGenuine(key, header, body)))
  expect(JSON.parse(run.stdout)).toEqual([true, false, false, false, false, false, false])
})
