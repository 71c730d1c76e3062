import { effectsContract } from '../contracts/effects.contract.ts'
import { effectsProcessesContract } from '../contracts/effects-processes.contract.ts'
import type { EffectsBackend } from '../support/effects-recorder.ts'

const backend: EffectsBackend = {
  name: 'Postgres',
  redisUrl: '',
  countJobs: async ({ database }) => {
    const [found] = await database.sql<{ exists: boolean }>`select to_regclass('bullmq.job_seq') is not null as exists`
    if (!found?.exists) return 0
    const [row] = await database.sql<{ jobs: number }>`select case when is_called then last_value else 0 end as jobs from bullmq.job_seq`
    return row?.jobs ?? 0
  },
  wipe: async ({ database }) => {
    await database.sql`delete from bullmq.job`
  },
}

effectsContract(backend)
effectsProcessesContract(backend)
