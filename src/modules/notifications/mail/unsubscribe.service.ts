import { service } from '../../../shared/kernel/service.ts'
import type { PreferencesService } from '../preferences.service.ts'
import { escapeHtml } from './mail-template.ts'
import type { UnsubscribeTokens } from './unsubscribe-tokens.ts'

export interface UnsubscribeDeps {
  readonly tokens: UnsubscribeTokens
  readonly preferences: Pick<PreferencesService, 'setMail'>
}

/** The way out that every mail carries, without a login. */
export class UnsubscribeService {
  readonly #deps: UnsubscribeDeps
  constructor(deps: UnsubscribeDeps) {
    this.#deps = deps
  }

  /** Asks, because scanners of mail follow links. Throws UnsubscribeTokenInvalid. */
  page(token: string): string {
    this.#deps.tokens.read(token)
    const form = `<form method="post" action="/v1/unsubscribe/${escapeHtml(token)}"><button>Send me no more mail</button></form>`
    return pageOf(`<p>Notices stay in your feed.</p>${form}`)
  }

  /** Throws UnsubscribeTokenInvalid. */
  async unsubscribe(token: string): Promise<string> {
    const { tokens, preferences } = this.#deps
    await preferences.setMail(tokens.read(token), false)
    return pageOf('<p>There will be no more mail. You can change that in your notification preferences.</p>')
  }
}

const pageOf = (content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail of the registry</title></head><body><h1>Mail of the registry</h1>${content}</body></html>\n`

export const Unsubscribe = service<UnsubscribeService>('notifications.unsubscribe')
