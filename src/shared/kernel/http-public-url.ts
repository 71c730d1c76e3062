import type { KernelSettings } from './kernel-settings.ts'

/** Base of every link, without a slash at the end; never from `Host` (D-25). `address` is what `listen` returned. */
export const publicUrl = (settings: Pick<KernelSettings, 'publicUrl'>, address: string): string =>
  (settings.publicUrl || address).replace(/\/+$/, '')
