import type { Handler } from '../../../shared/kernel/handler.ts'
import { fetchCheckpoint } from './handlers/fetch-checkpoint.ts'
import { fetchLogKey } from './handlers/fetch-log-key.ts'
import { fetchTile } from './handlers/fetch-tile.ts'
import { listLogEntries } from './handlers/list-log-entries.ts'
import { proveConsistency } from './handlers/prove-consistency.ts'
import { proveVersion } from './handlers/prove-version.ts'

export const logHandlers: readonly Handler[] = [fetchCheckpoint, fetchTile, proveConsistency, fetchLogKey, proveVersion, listLogEntries]
