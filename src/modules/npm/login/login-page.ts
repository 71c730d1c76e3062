import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { WebLogin } from '../../auth/logins.contract.ts'

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 26rem; padding: 2rem 1rem }
h1 { font-size: 1.5rem }
dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content 1fr }
dd { margin: 0; overflow-wrap: anywhere }
.code { font: 700 1.25rem/1.5 ui-monospace, monospace; letter-spacing: .1em }
label { display: block; margin-top: 1rem }
input, button { box-sizing: border-box; font: inherit; margin-top: .25rem; padding: .5rem; width: 100% }
button { margin-top: 1.5rem }
[role=alert] { border-left: .25rem solid #c00; padding-left: .75rem }
`
const styleHash = createHash('sha256').update(style).digest('base64')

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${content}
</main>
</body>
</html>
`

export interface LoginForm extends WebLogin {
  readonly registry: string
  /** Why it is shown again. */
  readonly problem?: string
  readonly username?: string
}

export const loginPage = ({ registry, code, client, ip, formToken, problem, username }: LoginForm): string =>
  page(
    `Log in to ${registry}`,
    `${problem === undefined ? '' : `<p role="alert">${escaped(problem)}</p>`}
<p>A program wants to act for you on this registry. Go on only if you have just started it yourself.</p>
<dl>
<dt>Program</dt><dd>${escaped(client)}</dd>
<dt>Address</dt><dd>${escaped(ip ?? 'this machine')}</dd>
<dt>Code</dt><dd class="code">${escaped(code)}</dd>
</dl>
<p>If your terminal shows a code, it must be this one.</p>
<form method="post" autocomplete="on">
<input type="hidden" name="formToken" value="${escaped(formToken)}">
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" required value="${escaped(username ?? '')}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000" required>
<label for="otp">One-time password or recovery code, if you have set one up</label>
<input id="otp" name="otp" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64">
<button type="submit">Log in</button>
</form>`,
  )

export const donePage = (): string =>
  page('You are logged in', '<p role="status">Your program goes on by itself. You may close this page.</p>')

export const gonePage = (): string =>
  page(
    'This login is over',
    '<p role="alert">It was used, it is older than ten minutes, or it never was. Start again in your terminal.</p>',
  )

export const sendPage = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply.code(status).headers(pageHeaders).send(html)
