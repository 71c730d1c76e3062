import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import { verifierText } from '../../../shared/transparency/signed-note.ts'
import { keepPem, readPem } from '../key-file.ts'
import { LogKeyUnfit } from './errors.ts'

// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_046

export interface Verifiers {
  /** The key that checkpoints are signed with, as it is pinned; empty when there is none yet. */
  readonly key: string
  readonly retiredKeys: string[]
}

export interface LogKeys {
  verifiers(origin: string): Promise<Verifiers>
}
export const LogKeys = service<LogKeys>('signing.log_keys')

export interface LogKeysDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly info: KernelInfo
  readonly log: Logger
  /** File of the key that was given; empty: the one in the data directory. */
  readonly given: string
}

interface LogKeyRow {
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly publicKey: string
  readonly retiredAt: string | null
}

/** The Ed25519 key that checkpoints are signed with. Like the key of versions (docs/decisions/011-registry-key.md): a file, and the database knows which. */
export class LogKeysService implements LogKeys {
  readonly #deps: LogKeysDeps
  #ours: KeyObject | undefined

  constructor(deps: LogKeysDeps) {
    this.#deps = deps
  }

  /** Takes over the key that is there; without one, nothing happens until there is something to sign. */
  async open(): Promise<void> {
    const { given } = this.#deps
    const ours = await this.#read()
    if (given !== '' && !ours) throw new Error(`signing.logKey: there is no file ${given}`)
    if (ours) await this.#enroll(ours)
  }

  /** Within the transaction that appends to the log. Makes the key when the log has none yet. Throws LogKeyUnfit where it is another one. */
  async privateKey(): Promise<KeyObject> {
    await this.#lock()
    const current = (await this.#list()).find(isCurrent)
    const ours = this.#ours ?? (await this.#read())
    if (current) {
      if (!ours || publicText(ours) !== current.publicKey) throw new LogKeyUnfit()
      this.#ours = ours
      return ours
    }
    const made = ours ?? (await this.#make())
    await this.#deps.database.sql`insert into log_keys (public_key) values (${publicText(made)})`
    return made
  }

  async verifiers(origin: string): Promise<Verifiers> {
    const rows = await this.#list()
    const text = ({ publicKey }: LogKeyRow) =>
      verifierText(origin, createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }))
    const [key = ''] = rows.filter(isCurrent).map(text)
    return { key, retiredKeys: rows.filter((row) => !isCurrent(row)).map(text) }
  }

  #list(): Promise<LogKeyRow[]> {
    return this.#deps.database.sql<LogKeyRow>`select public_key as "publicKey", retired_at as "retiredAt" from log_keys
      order by retired_at desc nulls first, created_at desc`
  }

  async #read(): Promise<KeyObject | undefined> {
    const file = this.#file()
    const pem = await readPem(file)
    if (!pem) return undefined
    try {
      const key = createPrivateKey(pem)
      if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${key.asymmetricKeyType}`)
      return key
    } catch (cause) {
      throw new Error(`${file} is not a PEM file with an Ed25519 private key`, { cause })
    }
  }

  async #make(): Promise<KeyObject> {
    const { privateKey } = generateKeyPairSync('ed25519')
    await keepPem(this.#file(), privateKey)
    return (await this.#read()) ?? privateKey
  }

  #file(): string {
    const { given, info } = this.#deps
    return given === '' ? join(info.dataDir, 'keys', 'log-signing.pem') : given
  }

  /** A key that was given takes the place of another one; a key that was retired stays so. */
  async #enroll(ours: KeyObject): Promise<void> {
    const { database, transaction, given, log } = this.#deps
    const publicKey = publicText(ours)
    this.#ours = ours
    await transaction.run(async () => {
      await this.#lock()
      const rows = await this.#list()
      const known = rows.find((row) => row.publicKey === publicKey)
      const current = rows.find(isCurrent)
      if (known?.retiredAt != null || (current && !known && given === '')) log.error({ publicKey }, new LogKeyUnfit().message)
      else if (!known) {
        if (current) await database.sql`update log_keys set retired_at = now() where retired_at is null`
        await database.sql`insert into log_keys (public_key) values (${publicKey})`
        log.info({ publicKey }, 'the log of versions is signed with this key from now on')
      }
    })
  }

  async #lock(): Promise<void> {
    await this.#deps.database.sql`select pg_advisory_xact_lock(${lockKey})`
  }
}

const isCurrent = ({ retiredAt }: LogKeyRow): boolean => retiredAt === null
const publicText = (key: KeyObject): string => createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')
