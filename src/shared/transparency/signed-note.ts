import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** C2SP signed-note: a text with a line for each signature. */
const ed25519 = 1
const keyIdBytes = 4
const maxNoteBytes = 65_536
const maxSignatures = 100

export class NoteInvalid extends Error {}

/** Who signs notes, under a name that no other key of the world has. */
export interface NoteVerifier {
  readonly name: string
  readonly keyId: Buffer
  readonly publicKey: KeyObject
}
export interface NoteSigner {
  readonly name: string
  readonly privateKey: KeyObject
}

/** Names hold neither spaces nor plus signs. */
export const isNoteName = (text: string): boolean => /^[\x21-\x2a\x2c-\x7e]{1,300}$/.test(text)

const rawKeyOf = (key: KeyObject): Buffer => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
}
const keyIdOf = (name: string, raw: Buffer): Buffer =>
  createHash('sha256').update(`${name}\n`).update(Buffer.of(ed25519)).update(raw).digest().subarray(0, keyIdBytes)

/** `<name>+<key id in hex>+<base64 of algorithm and key>`: how a key is handed over and pinned. */
export function verifierText(name: string, key: KeyObject): string {
  const raw = rawKeyOf(key)
  return `${name}+${keyIdOf(name, raw).toString('hex')}+${Buffer.concat([Buffer.of(ed25519), raw]).toString('base64')}`
}

/** Throws NoteInvalid for what is no key of type Ed25519. */
export function parseVerifier(text: string): NoteVerifier {
  const [, name = '', hex = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (!isNoteName(name) || bytes.length !== 33 || bytes[0] !== ed25519 || bytes.toString('base64') !== base64)
    throw new NoteInvalid('this is no Ed25519 key of a log')
  const raw = bytes.subarray(1)
  const keyId = keyIdOf(name, raw)
  if (keyId.toString('hex') !== hex) throw new NoteInvalid('the id of the key of the log is not that of its bytes')
  return { name, keyId, publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }) }
}

/** `text` ends with a line feed. */
export function signNote(text: string, { name, privateKey }: NoteSigner): string {
  const signature = Buffer.concat([keyIdOf(name, rawKeyOf(privateKey)), sign(null, Buffer.from(text), privateKey)])
  return `${text}\n— ${name} ${signature.toString('base64')}\n`
}

/** The text. Throws NoteInvalid, with the reason, unless the verifier's key signed it; signatures of others are no matter. */
export function openNote(note: string, { name, keyId, publicKey }: NoteVerifier): string {
  const { text, signatures } = splitNote(note)
  const named = signatures.filter((each) => each.name === name)
  if (named.length === 0) throw new NoteInvalid(`it is not signed by ${name}`)
  const ours = named.filter((each) => each.keyId.equals(keyId))
  if (ours.length === 0) throw new NoteInvalid(`it is signed with another key of ${name}`)
  // More than one is forbidden: which of them counts would be up to the reader.
  if (ours.length > 1 || !ours.every(({ signature }) => verify(null, Buffer.from(text), publicKey, signature)))
    throw new NoteInvalid(`the signature of ${name} does not fit its text`)
  return text
}

function splitNote(note: string) {
  const end = note.lastIndexOf('\n\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a note may not have
  if (Buffer.byteLength(note) > maxNoteBytes || end < 0 || !note.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(note))
    throw new NoteInvalid('it is no signed note')
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > maxSignatures) throw new NoteInvalid('it has too many signatures')
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string) {
  const [, name = '', base64 = ''] = /^— ([^ +]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
  const bytes = Buffer.from(base64, 'base64')
  // One spelling only: bits that a base64 text has beyond its bytes could be anything.
  if (bytes.length <= keyIdBytes || bytes.toString('base64') !== base64) throw new NoteInvalid('a line of its signatures is none')
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) }
}
