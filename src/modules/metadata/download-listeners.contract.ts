import { service } from '../../shared/kernel/service.ts'
import type { Version } from './contract.ts'

/** For modules that want to know of every download, beside the counts that metadata shows. */
export interface DownloadListeners {
  /** In `setup`. Called within the request context of the download, on its path: a listener takes microseconds and does not throw. */
  on(listener: (version: Pick<Version, 'id'>) => void): void
}
export const DownloadListeners = service<DownloadListeners>('metadata.download_listeners')
