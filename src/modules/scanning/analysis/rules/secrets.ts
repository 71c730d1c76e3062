import { crc32 } from 'node:zlib'
import { lineAt, lineStarts } from '../javascript/read-text.ts'
import type { RuleId } from './catalogue.ts'

interface SecretRule {
  readonly rule: RuleId
  readonly pattern: RegExp
  readonly isReal: (match: string, text: string, index: number) => boolean
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const placeholder = /example|sample|dummy|fake|xxxx|0000000|1234567|placeholder|changeme|redacted|your[_-]/i

/** The last six of thirty-six letters are the CRC-32 of the others in base 62, for tokens of GitHub and npm. */
function hasChecksum(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1)
  let rest = crc32(body.slice(0, -6))
  let expected = ''
  for (let digit = 0; digit < 6; digit += 1) {
    expected = (base62[rest % 62] ?? '') + expected
    rest = Math.floor(rest / 62)
  }
  return body.slice(-6) === expected
}

/** Bits for each character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

const isToken = (match: string): boolean => !placeholder.test(match) && (hasChecksum(match) || entropy(match.slice(4)) > 4.2)
const isRandom = (match: string): boolean => !placeholder.test(match) && entropy(match) > 3.5

const secrets: readonly SecretRule[] = [
  {
    rule: 'secret/aws-key',
    pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g,
    // The key id alone is no secret: it takes the other half near by.
    isReal: (match, text, index) => {
      const around = text.slice(Math.max(0, index - 300), index + 400)
      const halves = around.match(/(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g) ?? []
      return !placeholder.test(match) && halves.some((half) => entropy(half) > 4 && !/EXAMPLE/i.test(half) && !/^[0-9a-f]+$/.test(half))
    },
  },
  { rule: 'secret/github-token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36}\b/g, isReal: isToken },
  { rule: 'secret/github-token', pattern: /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/g, isReal: isRandom },
  { rule: 'secret/npm-token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, isReal: isToken },
  { rule: 'secret/npm-token', pattern: /:_authToken\s*=\s*[A-Za-z0-9_-]{20,}/g, isReal: isRandom },
  { rule: 'secret/slack-token', pattern: /\bxox[bpars]-\d{9,13}-\d{9,13}-[A-Za-z0-9-]{20,70}\b/g, isReal: isRandom },
  {
    rule: 'secret/slack-token',
    pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{8,11}\/B[A-Z0-9]{8,11}\/[A-Za-z0-9]{24}\b/g,
    isReal: isRandom,
  },
  { rule: 'secret/stripe-key', pattern: /\b[sr]k_live_[A-Za-z0-9]{24,99}\b/g, isReal: isRandom },
  {
    rule: 'secret/gcp-key',
    pattern: /"type"\s*:\s*"service_account"/g,
    isReal: (_match, text) => /"private_key"\s*:\s*"-----BEGIN PRIVATE KEY-----\\n[A-Za-z0-9+/=\\n]{200,}/.test(text),
  },
  {
    rule: 'secret/private-key',
    pattern: /-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----(?:\\r|\\n|\s)*(?:[A-Za-z0-9+/=]{16,}(?:\\r|\\n|\s)*){3,}/g,
    isReal: (match, text) => !/"type"\s*:\s*"service_account"/.test(text) && entropy(match.slice(40)) > 4.5,
  },
]

/** Where keys are part of what is shown, not of what is kept. */
const forShow =
  /(^|\/)(?:tests?|__tests__|specs?|fixtures?|__fixtures__|examples?|docs?|samples?|demos?|testdata|mocks?)\/|\.(?:test|spec)\.\w+$|\.md$/i
const environmentFile = /(^|\/)\.env(?:\.(?!example|sample|template|dist|test|defaults?|schema)[\w-]+)?$/i
const maxMatches = 20

/** Secrets in a text. A message shows no more of one than its first four letters. */
export function secretSightings(path: string, text: string): { rule: RuleId; line: number; message: string }[] {
  if (forShow.test(path)) return []
  const found: { rule: RuleId; line: number; message: string }[] = []
  const starts = lineStarts(text)
  for (const { rule, pattern, isReal } of secrets) {
    for (const match of [...text.matchAll(pattern)].slice(0, maxMatches)) {
      if (!isReal(match[0], text, match.index)) continue
      const start = match[0].replace(/^:_authToken\s*=\s*/, '').slice(0, 4)
      found.push({ rule, line: lineAt(starts, match.index), message: `what looks like a ${rule.slice(7).replace('-', ' ')} (${start}…)` })
    }
  }
  if (environmentFile.test(path)) found.push(...environmentSecrets(text))
  return found
}

function environmentSecrets(text: string): { rule: RuleId; line: number; message: string }[] {
  const lines = text.split('\n').slice(0, 2000)
  const index = lines.findIndex((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([A-Z0-9_]+)\s*=\s*["']?([^\s"'#]*)/i.exec(line) ?? []
    return (
      /SECRET|TOKEN|PASSW|API_?KEY|PRIVATE|CREDENTIAL|DATABASE_URL|DSN/i.test(name) &&
      value.length >= 8 &&
      !placeholder.test(value) &&
      !value.startsWith('${')
    )
  })
  return index < 0
    ? []
    : [{ rule: 'secret/env-file', line: index + 1, message: 'an environment file with values that are meant to stay secret' }]
}
