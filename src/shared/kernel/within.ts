/** False when the work took longer, or failed: for a stop, where there is nothing better to do about either. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => timeout.resolve(false), timeoutMs)
  const done = work.then(
    () => true,
    () => false,
  )
  return Promise.race([done, timeout.promise]).finally(() => clearTimeout(timer))
}
