import { headerText } from './mailer.ts'

export interface Letter {
  readonly lines: readonly { readonly text: string; readonly url: string | null }[]
  readonly username: string
  readonly registryUrl: string
  readonly unsubscribeUrl: string
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')

export const renderSubject = ({ lines }: Pick<Letter, 'lines'>): string =>
  headerText(lines.length === 1 ? (lines[0]?.text ?? '') : `${lines.length} notices of your registry`).slice(0, 150)

export function renderText({ lines, username, registryUrl, unsubscribeUrl }: Letter): string {
  const listed = lines.map(({ text, url }) => (url === null ? `* ${text}` : `* ${text}\n  ${url}`))
  const why = `You get this because of what ${username} follows or owns at ${registryUrl}`
  return [...listed, '', '-- ', why, `No more mail: ${unsubscribeUrl}`, ''].join('\n')
}

export function renderHtml({ lines, username, registryUrl, unsubscribeUrl }: Letter): string {
  const link = (url: string, text: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`
  const listed = lines.map(({ text, url }) => `<li>${url === null ? escapeHtml(text) : link(url, text)}</li>`)
  const why = `You get this because of what ${escapeHtml(username)} follows or owns at ${link(registryUrl, registryUrl)}.`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="font-family:sans-serif">
<ul>${listed.join('\n')}</ul>
<p style="color:#666;font-size:small">${why} ${link(unsubscribeUrl, 'No more mail')}</p></body></html>
`
}
