import { AsyncLocalStorage } from 'node:async_hooks'

/** Who and what the current work is done for; set per request and per effect run. */
export interface RequestContext {
  readonly requestId: string
  readonly trace: string | null
  /** Filled once the caller is known. */
  actor: string | null
  readonly ip: string | null
  /** Name of the module whose route answers; absent where no route does. */
  readonly door?: string
  /** As the client names itself. */
  readonly userAgent?: string
}

const current = new AsyncLocalStorage<RequestContext>()
export const requestContext = (): RequestContext | undefined => current.getStore()
export const withRequestContext = <T>(context: RequestContext, work: () => T): T => current.run(context, work)
