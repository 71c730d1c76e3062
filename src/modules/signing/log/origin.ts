import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { isNoteName } from '../../../shared/transparency/signed-note.ts'

/** Name of a log that begins: what the operator chose, or host and path of the registry. A worker has an address that nobody knows it by. */
export function originOf({ publicUrl, role }: Pick<KernelInfo, 'publicUrl' | 'role'>, chosen: string): string | undefined {
  const url = role === 'worker' ? null : URL.parse(publicUrl)
  const origin = chosen || (url && `${url.host}${url.pathname}`.replace(/\/+$/, '').replaceAll('+', '%2B'))
  return origin || undefined
}

/** Throws for a name that no key can have. */
export function checkOrigin(chosen: string): void {
  if (chosen !== '' && !isNoteName(chosen)) throw new Error('signing.logOrigin: a name has neither spaces nor plus signs')
}
