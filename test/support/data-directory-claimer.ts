import { claimDataDirectory } from '../../src/shared/kernel/data-directory.ts'

/** Claims argv[2] without ever announcing, says on stdout whether it owns it and lives until its input ends. */
const owner = await claimDataDirectory(process.argv[2] ?? '')
process.stdout.write(owner ? 'owner\n' : 'refused\n')
for await (const _ of process.stdin);
await owner?.release()
