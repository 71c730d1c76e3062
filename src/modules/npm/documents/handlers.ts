import type { Handler } from '../../../shared/kernel/handler.ts'
import { fetchManifest } from './handlers/fetch-manifest.ts'
import { fetchPackument } from './handlers/fetch-packument.ts'
import { fetchTarball } from './handlers/fetch-tarball.ts'

export const documentHandlers: readonly Handler[] = [fetchPackument, fetchManifest, fetchTarball]
