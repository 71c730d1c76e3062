import { service } from './service.ts'

/** Facts about this process that modules may need. */
export interface KernelInfo {
  readonly mode: 'development' | 'production'
  readonly role: 'all' | 'api' | 'worker'
  readonly host: string
  /** Base of every link, without a trailing slash (D-25). Set once the server listens when the port was 0. */
  readonly publicUrl: string
  /** Absolute path. */
  readonly dataDir: string
  /** Unique per process start. */
  readonly instanceId: string
  readonly version: string
}
export const KernelInfo = service<KernelInfo>('kernel.info')
