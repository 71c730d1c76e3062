import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from '../../../shared/kernel/database.ts'
import { UnsubscribeTokenInvalid } from '../errors.ts'

// 32 bytes leave two bits of the last character unused; each token has one spelling.
const form = /^([0-9a-f]{32})([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/

/** Good for one thing: no more mail to this user. Without end, because mail lies about for years. */
export class UnsubscribeTokens {
  readonly #secret: Buffer
  private constructor(secret: Buffer) {
    this.#secret = secret
  }

  /** Makes the key when there is none; two processes that start at once make one. */
  static async open(database: Database): Promise<UnsubscribeTokens> {
    await database.sql`insert into notification_keys (secret) values (${randomBytes(32)}) on conflict do nothing`
    const [row] = await database.sql<{ secret: Buffer }>`select secret from notification_keys`
    if (!row) throw new Error('there is no key for unsubscribe links')
    return new UnsubscribeTokens(row.secret)
  }

  make(userId: string): string {
    const id = userId.replaceAll('-', '')
    return id + this.#mac(id).toString('base64url')
  }

  /** The user. Throws UnsubscribeTokenInvalid. */
  read(token: string): string {
    const [, id = '', mac = ''] = form.exec(token) ?? []
    const given = Buffer.from(mac, 'base64url')
    const expected = this.#mac(id)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new UnsubscribeTokenInvalid()
    return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-')
  }

  #mac(id: string): Buffer {
    return createHmac('sha256', this.#secret).update(`unsubscribe ${id}`).digest()
  }
}
