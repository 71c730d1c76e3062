import { openEmbeddedPostgres } from '../../src/shared/kernel/embedded-postgres.ts'

/** Opens the embedded Postgres of argv[2], says so on stdout as one line of JSON and stops it when its input ends. */
const log = { info: () => {}, warn: () => {}, error: () => {} }
// Like a server that drains: a signal does not end it.
process.on('SIGINT', () => {})
const postgres = await openEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log })
process.stdout.write(`${JSON.stringify({ url: postgres.url, attached: postgres.attached })}\n`)
for await (const _ of process.stdin);
await postgres.stop()
