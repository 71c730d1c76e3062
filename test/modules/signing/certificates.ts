import { generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto'

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
}
export const codeSigning = '1.3.6.1.5.5.7.3.3'
export const serverAuth = '1.3.6.1.5.5.7.3.1'

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const size = content.length
  const head = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}
const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts)
const oid = (text: string): Buffer => {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const base128 = (value: number): number[] => (value < 0x80 ? [value] : [...base128(value >> 7).map((byte) => byte | 0x80), value & 0x7f])
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}
const time = (at: Date): Buffer => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
const name = (commonName: string): Buffer => sequence(der(0x31, sequence(oid(oids.commonName), der(0x0c, Buffer.from(commonName)))))
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), der(0x01, Buffer.from([0xff])), der(0x04, value))

export interface Issued {
  readonly subject: string
  readonly pem: string
  readonly privateKey: KeyObject
}
export interface Wish {
  readonly subject: string
  readonly issuer?: Issued
  readonly ca?: boolean
  readonly pathLength?: number
  readonly usage?: string
  readonly mail?: string
  readonly from?: Date
  readonly until?: Date
  /** Instead of keys of its own. */
  readonly keys?: KeyPairKeyObjectResult
}

const day = 86_400_000

/** An X.509 certificate with a key of its own, signed by its issuer or itself. */
export function issue({ subject, issuer, ca = false, pathLength, usage, mail, from, until, keys }: Wish): Issued {
  const { publicKey, privateKey } = keys ?? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = sequence(oid(oids.ecdsaWithSha256))
  const constraints = ca
    ? [der(0x01, Buffer.from([0xff])), ...(pathLength === undefined ? [] : [der(0x02, Buffer.from([pathLength]))])]
    : []
  const extensions = [
    extension(oids.basicConstraints, sequence(...constraints)),
    extension(oids.keyUsage, der(0x03, Buffer.from(ca ? [2, 0x04] : [7, 0x80]))),
    ...(usage ? [extension(oids.extendedKeyUsage, sequence(oid(usage)))] : []),
    ...(mail ? [extension(oids.subjectAltName, sequence(der(0x81, Buffer.from(mail))))] : []),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer?.subject ?? subject),
    sequence(time(from ?? new Date(Date.now() - day)), time(until ?? new Date(Date.now() + 30 * day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const raw = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature))
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
  return { subject, privateKey, pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n` }
}
