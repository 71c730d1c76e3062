import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedPostgres } from '../kernel/embedded-postgres.ts'
import { quickFolder } from './quick-folder.ts'
import { recordLog } from './record-log.ts'

export interface TestServer {
  /** Of a superuser. */
  readonly url: string
  /** The last one to let go stops what was started here. */
  release(): Promise<void>
}

let running: Promise<{ readonly url: string; stop(): Promise<void> }> | undefined
let holders = 0

/** The server `GATI_TEST_DATABASE_URL` names, else an embedded Postgres that lives as long as somebody holds it. */
export async function holdTestServer(): Promise<TestServer> {
  const given = process.env['GATI_TEST_DATABASE_URL']
  if (given) return { url: given, release: async () => {} }
  holders += 1
  running ??= start()
  const { url } = await running
  return { url, release }
}

async function release(): Promise<void> {
  holders -= 1
  if (holders > 0 || !running) return
  const last = running
  running = undefined
  await (await last).stop()
}

async function start() {
  const dataDir = await mkdtemp(join(await quickFolder(), 'gati-postgres-'))
  const server = await openEmbeddedPostgres({ dataDir, log: recordLog() })
  return {
    url: server.url,
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
