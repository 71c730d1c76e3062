import { sign } from 'node:crypto'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { RegistryKey, RegistryKeys } from './contract.ts'
import { KeyElsewhere, KeyRetired } from './errors.ts'
import { type KeyPair, makeKey, ownKeyFile, readKey } from './registry-key.ts'

// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_043
const scheme = 'ecdsa-sha2-nistp256'
const all = 'all'

export interface RegistryKeysDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
  /** File of the key that was given; empty: the one in the data directory. */
  readonly given: string
}

interface KeyRow {
  readonly keyid: string
  readonly publicKey: string
  readonly expiresAt: string | null
}

/**
 * The private key is a file and the database knows which public key is the current one, so that two processes with different data directories
 * never sign with two keys (docs/decisions/011-registry-key.md).
 */
export class RegistryKeysService implements RegistryKeys {
  readonly #deps: RegistryKeysDeps
  readonly #rows: LocalCache<readonly KeyRow[]>
  #ours: KeyPair | undefined

  constructor(deps: RegistryKeysDeps) {
    this.#deps = deps
    this.#rows = deps.caches.create({ name: 'signing.registry_keys', maxEntries: 1, ttlMs: 5_000 })
  }

  /** Takes over the key that is there; without one, nothing happens until something is to be signed. */
  async open(): Promise<void> {
    const { given, info, log } = this.#deps
    const ours = await this.#read()
    if (given !== '' && !ours) throw new Error(`signing.registryKey: there is no file ${given}`)
    if (ours) return void (await this.#enroll(ours))
    const current = (await this.#load()).find(({ expiresAt }) => expiresAt === null)
    if (current && info.role !== 'worker') log.error({ keyid: current.keyid }, new KeyElsewhere(current.keyid).message)
  }

  async sign(text: string): Promise<{ readonly keyid: string; readonly sig: string }> {
    const { keyid, privateKey } = this.#ours ?? (await this.#first())
    const current = (await this.#known()).find(({ expiresAt }) => expiresAt === null)
    if (current && current.keyid !== keyid) throw new KeyRetired(keyid)
    return { keyid, sig: sign('sha256', Buffer.from(text), privateKey).toString('base64') }
  }

  async list(): Promise<readonly RegistryKey[]> {
    const rows = await this.#known()
    return rows.map(({ keyid, publicKey, expiresAt }) => ({ keyid, keytype: scheme, scheme, key: publicKey, expires: expiresAt }))
  }

  async #known(): Promise<readonly KeyRow[]> {
    const rows = await this.#rows.get(all, async () => {
      const loaded = await this.#load()
      return loaded.length > 0 ? loaded : undefined
    })
    return rows ?? []
  }

  #load(): Promise<readonly KeyRow[]> {
    return this.#deps.database.sql<KeyRow>`
      select keyid, public_key as "publicKey", expires_at as "expiresAt" from registry_keys order by expires_at desc nulls first, created_at desc`
  }

  #read(): Promise<KeyPair | undefined> {
    const { given, info } = this.#deps
    return readKey(given === '' ? ownKeyFile(info.dataDir) : given)
  }

  /** Another process of this data directory may have made it, or somebody has put it there. */
  async #first(): Promise<KeyPair> {
    const { transaction, info } = this.#deps
    return transaction.run(async () => {
      await this.#lock()
      const found = await this.#read()
      const current = (await this.#load()).find(({ expiresAt }) => expiresAt === null)
      if (current && current.keyid !== found?.keyid) throw new KeyElsewhere(current.keyid)
      const pair = found ?? (await makeKey(ownKeyFile(info.dataDir)))
      await this.#enroll(pair)
      return pair
    })
  }

  /** Makes it the current one when there is none, or when it was given; a key that was retired stays so. */
  async #enroll(pair: KeyPair): Promise<void> {
    const { database, transaction, given, log } = this.#deps
    const { keyid, publicKey } = pair
    await transaction.run(async () => {
      await this.#lock()
      const rows = await this.#load()
      const known = rows.find((row) => row.keyid === keyid)
      const current = rows.find(({ expiresAt }) => expiresAt === null)
      if (known?.expiresAt != null || (current && !known && given === '')) {
        log.error({ keyid, current: current?.keyid }, new KeyRetired(keyid).message)
      } else if (!known) {
        if (current) await database.sql`update registry_keys set expires_at = now() where expires_at is null`
        await database.sql`insert into registry_keys (keyid, public_key) values (${keyid}, ${publicKey})`
        this.#rows.invalidate(all)
        log.info({ keyid, replaces: current?.keyid }, 'the registry signs versions with this key')
      }
      // A key that is made inside a transaction that fails is enrolled again at the next need.
      transaction.afterCommit(() => {
        this.#ours = pair
      })
    })
  }

  async #lock(): Promise<void> {
    await this.#deps.database.sql`select pg_advisory_xact_lock(${lockKey})`
  }
}
