import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'

/** The one algorithm: nothing a token says can choose another (D-23). */
export const algorithm = 'EdDSA'
const reloadEveryMs = 5_000
// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_042

interface KeyRow {
  readonly kid: string
  readonly private_jwk: JWK
}
interface LoadedKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Keys for access tokens, in the database because every process must know them. The newest signs, all verify. */
export class SigningKeys {
  readonly #database: Database
  #keys: ReadonlyMap<string, LoadedKey> = new Map()
  #loadedAt = Number.NEGATIVE_INFINITY

  private constructor(database: Database) {
    this.#database = database
  }

  /** Makes the first key when there is none; two processes that start at once make one. */
  static async open(database: Database, transaction: Transaction): Promise<SigningKeys> {
    await transaction.run(async () => {
      await database.sql`select pg_advisory_xact_lock(${lockKey})`
      const [present] = await database.sql<{ kid: string }>`select kid from auth_keys limit 1`
      if (present) return
      const { privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true })
      const jwk = JSON.stringify(await exportJWK(privateKey))
      await database.sql`insert into auth_keys (kid, algorithm, private_jwk) values (${uuidv7()}, ${algorithm}, ${jwk}::jsonb)`
    })
    const keys = new SigningKeys(database)
    await keys.#load()
    return keys
  }

  get newest(): LoadedKey {
    const key = [...this.#keys.values()].at(-1)
    if (!key) throw new Error('there is no key to sign access tokens with')
    return key
  }

  /** By exactly this id; another process may have made it a moment ago. */
  async publicKey(kid: string): Promise<CryptoKey | undefined> {
    const known = this.#keys.get(kid)
    if (known || performance.now() - this.#loadedAt < reloadEveryMs) return known?.publicKey
    await this.#load()
    return this.#keys.get(kid)?.publicKey
  }

  async #load(): Promise<void> {
    this.#loadedAt = performance.now()
    const rows = await this.#database.sql<KeyRow>`
      select kid, private_jwk from auth_keys where algorithm = ${algorithm} order by created_at, kid`
    const loaded = await Promise.all(rows.map(load))
    this.#keys = new Map(loaded.map((key) => [key.kid, key]))
  }
}

async function load({ kid, private_jwk }: KeyRow): Promise<LoadedKey> {
  const { d: _private, ...publicJwk } = private_jwk
  const [privateKey, publicKey] = await Promise.all([importJWK(private_jwk, algorithm), importJWK(publicJwk, algorithm)])
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) throw new Error('a signing key is not a key pair')
  return { kid, privateKey, publicKey }
}
