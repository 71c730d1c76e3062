import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { keepPem, readPem } from './key-file.ts'

const curve = 'prime256v1'
const keytype = 'ecdsa-sha2-nistp256'

export interface KeyPair {
  readonly keyid: string
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly publicKey: string
}

export const ownKeyFile = (dataDir: string): string => join(dataDir, 'keys', 'registry-signing.pem')

/** Throws when the file holds no ECDSA P-256 key; undefined when there is no file. */
export async function readKey(file: string): Promise<KeyPair | undefined> {
  const pem = await readPem(file)
  if (!pem) return undefined
  try {
    return pairOf(createPrivateKey(pem))
  } catch (cause) {
    throw new Error(`${file} is not a PEM file with an ECDSA P-256 private key`, { cause })
  }
}

/** The one that is there, when another process was faster. */
export async function makeKey(file: string): Promise<KeyPair> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  await keepPem(file, privateKey)
  return (await readKey(file)) ?? pairOf(privateKey)
}

function pairOf(privateKey: KeyObject): KeyPair {
  const { asymmetricKeyType, asymmetricKeyDetails } = privateKey
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== curve) throw new Error('not a key of the curve P-256')
  const publicKey = createPublicKey(privateKey)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return { keyid: fingerprint(publicKey), privateKey, publicKey: der.toString('base64') }
}

/** As `ssh-keygen -l` shows it (RFC 5656 §3.1): the key ids of the public npm registry are made like this. */
export function fingerprint(publicKey: KeyObject): string {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  const wire = [Buffer.from(keytype), Buffer.from('nistp256'), point].flatMap((part) => [sizeOf(part), part])
  return `SHA256:${createHash('sha256').update(Buffer.concat(wire)).digest('base64').replace(/=+$/, '')}`
}

function sizeOf(part: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(part.length)
  return size
}
