import type { Handler } from '../../../shared/kernel/handler.ts'
import { exchangeCredentials } from './exchange-credentials.ts'
import { fetchToken } from './fetch-token.ts'

/** `/v2/token`; the URLs are whole, so the module mounts them without a prefix. */
export const tokenHandlers: readonly Handler[] = [fetchToken, exchangeCredentials]
