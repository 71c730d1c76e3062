import type { LocalCaches } from '../../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Metrics } from '../../../shared/kernel/metrics.ts'
import { remembered } from '../../../shared/kernel/remembered.ts'
import type { Catalog } from '../../metadata/contract.ts'
import type { References } from '../../metadata/references.contract.ts'
import type { RegistryKeys } from '../contract.ts'
import type { EvidenceReader } from '../evidence-reader.ts'
import { LogIntakeService } from './log-intake.service.ts'
import { LogKeysService } from './log-keys.service.ts'
import { LogProofsService } from './log-proofs.service.ts'
import { LogSequencer } from './log-sequencer.ts'
import type { LogSettings } from './log-settings.ts'
import { checkOrigin } from './origin.ts'
import { TransparencyLogService } from './transparency-log.service.ts'

export interface LogDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
  readonly metrics: Metrics
  readonly catalog: Catalog
  readonly references: References
  readonly registryKeys: RegistryKeys
  readonly reader: EvidenceReader
}

/** Wires the transparency log. */
export async function openLog(deps: LogDeps, { logKey, logOrigin }: LogSettings) {
  checkOrigin(logOrigin)
  const logKeys = new LogKeysService({ ...deps, given: logKey })
  await logKeys.open()
  const logSequencer = new LogSequencer({ ...deps, keys: logKeys, origin: logOrigin })
  const transparencyLog = new TransparencyLogService(deps.database, deps.caches)
  const logIntake = new LogIntakeService(deps, logSequencer)
  measure(deps)
  logSequencer.wake()
  return { transparencyLog, logIntake, logSequencer, logKeys, logProofs: new LogProofsService({ ...deps, transparencyLog, logKeys }) }
}

const measuredMs = 1_000

function measure({ metrics, database }: LogDeps): void {
  const read = (rows: () => Promise<{ readonly value: number }[]>) => remembered(async () => (await rows())[0]?.value ?? 0, measuredMs)
  metrics.gauge({
    name: 'registry_signing_log_entries',
    help: 'Entries of the transparency log.',
    read: read(() => database.sql`select size as value from log_head`),
  })
  metrics.gauge({
    name: 'registry_signing_log_lag_seconds',
    help: 'Age of the oldest fact that waits for its place in the transparency log; 0 when none does.',
    read: read(() => database.sql`select extract(epoch from now() - noted_at)::float8 as value from log_pending order by id limit 1`),
  })
  metrics.gauge({
    name: 'registry_signing_log_refusals',
    help: 'Second digests of versions that the transparency log refused. Anything but 0 is an alarm.',
    read: read(() => database.sql`select count(*) as value from log_refusals`),
  })
}
