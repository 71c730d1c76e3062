import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from '../../../../src/shared/transparency/checkpoint.ts'
import { leafHash } from '../../../../src/shared/transparency/merkle.ts'
import { openNote, parseVerifier, signNote, verifierText } from '../../../../src/shared/transparency/signed-note.ts'

const name = 'registry.example/log'
const pair = generateKeyPairSync('ed25519')
const verifier = parseVerifier(verifierText(name, pair.publicKey))
const signer = { name, privateKey: pair.privateKey }
const root = leafHash(Buffer.from('x'))

// The example of the package golang.org/x/mod/sumdb/note: what Go signs, and the key it signs with.
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const peterSecret = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const peterText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const peterNote = `${peterText}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`

test('notes and keys are those of golang.org/x/mod/sumdb/note', () => {
  expect(openNote(peterNote, parseVerifier(peter))).toBe(peterText)
  const seed = Buffer.from(peterSecret.split('+').slice(4).join('+'), 'base64').subarray(1)
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
  expect(signNote(peterText, { name: 'PeterNeumann', privateKey })).toBe(peterNote)
  expect(verifierText('PeterNeumann', createPublicKey(privateKey))).toBe(peter)
})

test('a checkpoint is what the log signed', () => {
  const note = signCheckpoint({ size: 42, root }, signer)
  expect(note.split('\n').slice(0, 4)).toEqual([name, '42', root.toString('base64'), ''])
  expect(openCheckpoint(note, verifier)).toEqual({ origin: name, size: 42, root })
})

test('signatures of others do not matter, whether they come before or after', () => {
  const note = signCheckpoint({ size: 1, root }, signer)
  const witness = signNote(note.slice(0, note.indexOf('\n\n') + 1), {
    name: 'witness.example',
    privateKey: generateKeyPairSync('ed25519').privateKey,
  })
  const line = witness.slice(witness.indexOf('\n\n') + 2)
  expect(openCheckpoint(note + line, verifier).size).toBe(1)
  expect(openCheckpoint(note.replace('\n\n', `\n\n${line}`), verifier).size).toBe(1)
})

test('a checkpoint of which any character was changed is refused', () => {
  const note = signCheckpoint({ size: 123_456, root }, signer)
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.constantFrom('a', '1', '\n', '+', 'é', ' '), (at, character) => {
      fc.pre(note[at] !== character)
      expect(() => openCheckpoint(note.slice(0, at) + character + note.slice(at + 1), verifier)).toThrow()
    }),
    // Regression: the last character of a signature has bits that mean nothing.
    { numRuns: 300, examples: [...'ghijklmnopqrstuvwxyz+/'].map((character): [number, string] => [note.lastIndexOf('=') - 2, character]) },
  )
})

test.each([
  ['of another key', signCheckpoint({ size: 1, root }, { name, privateKey: generateKeyPairSync('ed25519').privateKey }), 'another key'],
  ['of another log', signCheckpoint({ size: 1, root }, { ...signer, name: 'other.example' }), 'not signed by registry.example/log'],
  ['without signature', `${name}\n1\n${root.toString('base64')}\n`, 'no signed note'],
  ['of another origin', signNote(`other\n1\n${root.toString('base64')}\n`, signer), 'it is of the log other'],
  ['with a size that is none', signNote(`${name}\n01\n${root.toString('base64')}\n`, signer), 'no checkpoint'],
  ['with a root that is none', signNote(`${name}\n1\n${root.toString('hex')}\n`, signer), 'no checkpoint'],
  ['that is too long', signNote(`${name}\n1\n${root.toString('base64')}\n${'x'.repeat(70_000)}\n`, signer), 'no signed note'],
  ['that is signed twice', ((note) => note + note.slice(note.indexOf('— ')))(signCheckpoint({ size: 1, root }, signer)), 'does not fit'],
])('a checkpoint %s is refused, and why', (_what, note, reason) => {
  expect(() => openCheckpoint(note, verifier)).toThrow(reason)
})

test.each(['', 'name', 'name+00000000+AQ==', peter.replace('c74f20a3', 'c74f20a4'), peter.replace('+AR', '+BR'), `${peter}x`])(
  'what is no key of a log is none: %s',
  (text) => {
    expect(() => parseVerifier(text)).toThrow(/key of/)
  },
)
