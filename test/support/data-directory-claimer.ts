import { claimDataDirectory } from '../../src/shared/kernel/data-directory.ts'

/** Claims argv[2], announces only if argv[3] says so, says on stdout whether it owns it and lives until its input ends. */
const owner = await claimDataDirectory(process.argv[2] ?? '')
if (process.argv[3] === 'announce') owner?.announce({ pid: process.pid, databaseUrl: 'postgresql://elsewhere' })
process.stdout.write(owner ? 'owner\n' : 'refused\n')
for await (const _ of process.stdin);
await owner?.release()
