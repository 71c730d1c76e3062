import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { secretSightings } from '../../../../src/modules/scanning/analysis/rules/secrets.ts'

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const rules = (path: string, text: string) => secretSightings(path, text).map(({ rule }) => rule)

/** As GitHub and npm make them: thirty letters and their checksum. */
function token(prefix: string, body: string): string {
  let rest = crc32(body)
  let sum = ''
  for (let digit = 0; digit < 6; digit += 1) {
    sum = (letters[rest % 62] ?? '') + sum
    rest = Math.floor(rest / 62)
  }
  return `${prefix}_${body}${sum}`
}
const aws = ['AKIA', 'QQ4R7TZ2WPX5M3LK'].join('')
const half = ['wJq8rXUtnF3MI', 'K7MDaNGbPxRfiCY', 'z9k2LqEvT0sB'].join('')
const stripe = ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dcAbXkQwEr'].join('_')
const slack = ['xoxb', '123409871234', '987612340987', 'AbCdEfGhIjKlMnOpQrStUvWx'].join('-')

test('tokens are found by their checksum or their randomness, and shown no further than their beginning', () => {
  const body = fc.string({ unit: fc.constantFrom(...letters), minLength: 30, maxLength: 30 })
  fc.assert(
    fc.property(body, fc.constantFrom('ghp', 'gho', 'npm'), (random, prefix) => {
      fc.pre(!/example|sample|dummy|fake|xxxx|0000000|1234567|changeme/i.test(random))
      const found = secretSightings('index.js', `const token = '${token(prefix, random)}'`)
      expect(found.map(({ rule }) => rule)).toEqual([prefix === 'npm' ? 'secret/npm-token' : 'secret/github-token'])
      expect(found[0]?.message).not.toContain(random.slice(0, 4))
    }),
    { numRuns: 100 },
  )
})

test.each([
  ['secret/aws-key', 'config.js', `id: '${aws}', secret: '${half}'`],
  ['secret/stripe-key', 'pay.js', `const key = '${stripe}'`],
  ['secret/slack-token', 'bot.py', `TOKEN = "${slack}"`],
  ['secret/npm-token', '.npmrc', '//registry.example/:_authToken=8f14e45fceea167a5a36dedd4bea2543'],
  ['secret/env-file', '.env', 'DATABASE_URL=postgres://app:hunter2hunter2@db/app\n'],
  ['secret/env-file', 'package/.env.production', 'export API_TOKEN="k3j9dk2l0q8v7"\n'],
])('%s in %s', (rule, path, content) => {
  expect(rules(path, content)).toEqual([rule])
})

test.each([
  ['a key id of AWS without its other half', 'config.js', `id: '${aws}'`],
  ['what documentation shows', 'docs/config.md', `id: '${aws}', secret: '${half}'`],
  ['the key of the examples of AWS', 'a.js', "'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'"],
  ['a reference to the environment', '.npmrc', '//registry.example/:_authToken=' + '$' + '{NPM_TOKEN}'],
  ['an example of an environment file', '.env.example', 'API_TOKEN=k3j9dk2l0q8v7\n'],
  ['an environment file with nothing to hide', '.env', 'PORT=3000\nNODE_ENV=production\nAPI_KEY=changeme\n'],
  ['a pattern for tokens', 'scan.js', 'const p = /ghp_[A-Za-z0-9]{36}/, q = "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"'],
  ['only the frame of a key', 'pem.js', "const begin = '-----BEGIN PRIVATE KEY-----'; const end = '-----END PRIVATE KEY-----'"],
])('no secret: %s', (_what, path, content) => {
  expect(rules(path, content)).toEqual([])
})
