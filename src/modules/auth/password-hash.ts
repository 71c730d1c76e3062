import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface HashCost {
  readonly memoryKib: number
  readonly passes: number
}

/** Slow on purpose; only inside the bounded pool. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  verify(password: string, stored: string): Promise<boolean>
  /** Made with less than the present cost. */
  isOutdated(stored: string): boolean
  /** Costs as much as any hash to verify, and no password fits it. */
  readonly decoy: string
}

const derive = promisify(argon2)
const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const tagLength = 32

/** Argon2id in the PHC string format, which carries its own parameters. */
export function argon2idHasher(cost: HashCost): PasswordHasher {
  return {
    async hash(password) {
      const salt = randomBytes(16)
      return toPhc(cost, salt, await tag(password, salt, cost))
    },
    async verify(password, stored) {
      const parsed = parsePhc(stored)
      if (!parsed) return false
      return timingSafeEqual(await tag(password, parsed.salt, parsed.cost), parsed.tag)
    },
    isOutdated(stored) {
      const used = parsePhc(stored)?.cost
      return !used || used.memoryKib < cost.memoryKib || used.passes < cost.passes
    },
    decoy: toPhc(cost, randomBytes(16), randomBytes(tagLength)),
  }
}

/** One character can be typed as different code points on different systems. */
const tag = (password: string, salt: Buffer, { memoryKib, passes }: HashCost): Promise<Buffer> =>
  derive('argon2id', { message: password.normalize('NFC'), nonce: salt, parallelism: 1, tagLength, memory: memoryKib, passes })

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

const toPhc = ({ memoryKib, passes }: HashCost, salt: Buffer, hash: Buffer): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${unpadded(salt)}$${unpadded(hash)}`

function parsePhc(stored: string): { readonly cost: HashCost; readonly salt: Buffer; readonly tag: Buffer } | undefined {
  const [, memory, passes, salt, hash] = form.exec(stored) ?? []
  if (!memory || !passes || !salt || !hash) return undefined
  const parsed = Buffer.from(hash, 'base64')
  if (parsed.length !== tagLength) return undefined
  return { cost: { memoryKib: Number(memory), passes: Number(passes) }, salt: Buffer.from(salt, 'base64'), tag: parsed }
}
