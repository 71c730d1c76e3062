import type { Database } from 'gati-registry/kernel'
import type { Greeter } from './contract.ts'

export class GreeterService implements Greeter {
  readonly #database: Database
  readonly #greeting: string

  constructor(database: Database, greeting: string) {
    this.#database = database
    this.#greeting = greeting
  }

  greet(visitor: string): string {
    return `${this.#greeting}, ${visitor}`
  }

  async count(versionId: string): Promise<void> {
    // An effect may run twice: the primary key makes the second time count nothing.
    await this.#database.sql`insert into hello_versions (version_id) values (${versionId}) on conflict do nothing`
  }

  async published(): Promise<number> {
    const [row] = await this.#database.sql<{ count: number }>`select count(*) as count from hello_versions`
    return row?.count ?? 0
  }
}
