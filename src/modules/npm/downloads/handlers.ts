import type { Handler } from '../../../shared/kernel/handler.ts'
import { countDownloads } from './handlers/count-downloads.ts'
import { listDownloads } from './handlers/list-downloads.ts'

export const downloadHandlers: readonly Handler[] = [countDownloads, listDownloads]
