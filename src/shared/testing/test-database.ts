import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { holdTestServer } from './test-server.ts'

/** A database of one test's own. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/** Creates an empty database, or a copy of `template`, on the test server. Dropped on dispose. */
export async function createTestDatabase(template = 'template0'): Promise<TestDatabase> {
  const server = await holdTestServer()
  const name = `t_${randomBytes(8).toString('hex')}`
  await administer(server.url, `create database ${name} template ${template}`).catch(async (error: unknown) => {
    await server.release()
    throw error
  })
  return {
    url: withDatabase(server.url, name),
    async [Symbol.asyncDispose]() {
      await administer(server.url, `drop database if exists ${name} with (force)`)
      await server.release()
    },
  }
}

/** The same server, another database. */
export function withDatabase(server: string, name: string): string {
  return server.replace(/\/[^/?]*(\?|$)/, `/${name}$1`)
}

/** One statement outside any transaction. */
export async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
