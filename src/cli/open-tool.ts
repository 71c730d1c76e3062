import type { Kernel } from '../shared/kernel/kernel.ts'

// A tool neither listens nor takes background work; it shares the database of a registry that runs. Its failures are thrown, and
// stdout belongs to its result.
const env = { REGISTRY_ROLE: 'api', REGISTRY_LOG_LEVEL: 'silent' }

/** The registry of this folder for a command that does one thing and stops it. */
export async function openTool(options: { config?: string }): Promise<Kernel> {
  // The kernel takes longer to load than most commands run.
  const { openRegistry } = await import('../app.ts')
  return openRegistry({ ...options, env, background: false })
}
