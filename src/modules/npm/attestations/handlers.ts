import type { Handler } from '../../../shared/kernel/handler.ts'
import { listAttestations } from './handlers/list-attestations.ts'
import { listKeys } from './handlers/list-keys.ts'

export const attestationHandlers: readonly Handler[] = [listKeys, listAttestations]
