import { randomUUID } from 'node:crypto'
import type { Kernel } from '../shared/kernel/kernel.ts'
import { withRequestContext } from '../shared/kernel/request-context.ts'
import { openTool } from './open-tool.ts'

/** Runs the work with the registry of this folder, which is stopped after it; the audit log shows `cli` as the actor. */
export async function onDataDirectory<T>({ config }: { readonly config?: string }, work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const kernel = await openTool(config === undefined ? {} : { config })
  try {
    return await withRequestContext({ requestId: randomUUID(), trace: null, actor: 'cli', ip: null }, () => work(kernel))
  } finally {
    await kernel.stop('done')
  }
}
