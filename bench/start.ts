// Warm start and idle memory of the compiled server: `npm run build && npm run bench -- start`.
// With DATABASE_URL (of an empty database) also on that Postgres.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, pssMiB, row, startServer } from './support/server.ts'

const rounds = 5
const idleMs = 10_000

async function measure(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const cold = await startServer(settings)
  await cold.stop()
  const starts: number[] = []
  let idle = 0
  for (let round = 0; round < rounds; round++) {
    const server = await startServer(settings)
    starts.push(server.readyMs)
    if (round === rounds - 1) {
      await sleep(idleMs)
      idle = await pssMiB(server.pid)
    }
    await server.stop()
  }
  row(`${name}: first start`, `${cold.readyMs.toFixed(0)} ms`)
  row(`${name}: warm start to the first 200 of /ready`, `${median(starts).toFixed(0)} ms (${starts.map((ms) => ms.toFixed(0)).join(', ')})`)
  row(`${name}: idle PSS of node after ${idleMs / 1_000} s`, `${idle.toFixed(0)} MiB`)
}

const dataDir = await mkdtemp(join(tmpdir(), 'gati-bench-'))
const { DATABASE_URL: databaseUrl = '' } = process.env
try {
  await measure('embedded', { REGISTRY_DATA_DIR: dataDir, DATABASE_URL: '', REDIS_URL: '' })
  if (databaseUrl !== '') await measure('external Postgres', { REGISTRY_DATA_DIR: dataDir, DATABASE_URL: databaseUrl })
} finally {
  await rm(dataDir, { recursive: true, force: true })
}
