import { createHmac, randomBytes } from 'node:crypto'
import { clientNetwork } from '../../../shared/kernel/client-network.ts'
import type { Database } from '../../../shared/kernel/database.ts'

interface Salt {
  /** `2026-11-27`, of UTC and the database's clock. */
  readonly day: string
  readonly bytes: Buffer
}

/**
 * What makes a name of a client that holds for one day: the processes of a registry share it, and the day after nobody has it any more, so that what
 * was made with it can be led back to nobody.
 */
export class DailySalt {
  readonly #database: Database
  #known: (Salt & { readonly until: number }) | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async today(): Promise<Salt> {
    if (!this.#known || performance.now() >= this.#known.until) this.#known = await this.#fetch()
    return this.#known
  }

  async #fetch() {
    const asked = performance.now()
    const [row] = await this.#database.sql<{ day: string; salt: Buffer; leftMs: number }>`
      insert into analytics_salts (day, salt) values ((now() at time zone 'utc')::date, ${randomBytes(32)})
      on conflict (day) do update set day = excluded.day
      returning day::text, salt, (extract(epoch from (day + 1)::timestamp at time zone 'utc' - now()) * 1000)::float8 as "leftMs"`
    if (!row) throw new Error('the salt of the day was not written')
    return { day: row.day, bytes: row.salt, until: asked + row.leftMs }
  }
}

/** An account, or the network of somebody unknown. */
export interface Client {
  readonly actor: string | null
  readonly ip: string | null
}

export const clientHash = ({ actor, ip }: Client, { bytes }: Pick<Salt, 'bytes'>): Buffer =>
  createHmac('sha256', bytes)
    .update(actor !== null ? `account ${actor}` : `network ${clientNetwork(ip ?? '')}`)
    .digest()
    .subarray(0, 16)
