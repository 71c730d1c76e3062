import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { type DomainError, isDomainError } from '../../../../shared/errors/domain-error.ts'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../../shared/kernel/kernel-info.ts'
import { WebLogins } from '../../../auth/logins.contract.ts'
import { CrossSite } from '../errors.ts'
import { readForm } from '../form.ts'
import { donePage, gonePage, type LoginForm, loginPage, sendPage } from '../login-page.ts'
import { requireSameSite } from '../same-site.ts'
import { smallBody } from '../schemas.ts'

export const submitLoginPage = defineHandler({
  method: 'POST',
  url: '/-/v1/login/:login',
  auth: 'anonymous',
  ignoresCredentials: true,
  rateLimit: { max: 60, windowMs: 60_000 },
  secretParams: ['login'],
  summary: 'The form of the login page',
  tags: ['npm'],
  rawBody: true,
  ...smallBody,
  schema: { params: Type.Object({ login: Type.String() }) },
  deps: { webLogins: WebLogins, info: KernelInfo },
  async handle({ params, headers, body }, { webLogins, info }, reply) {
    requireSameSite(headers, info.publicUrl)
    const field = await readForm(headers['content-type'], body)
    try {
      const found = await webLogins.find(params.login)
      if (!isSame(field('formToken'), found.formToken)) throw new CrossSite()
      const form = { ...found, registry: URL.parse(info.publicUrl)?.host ?? 'this registry', username: field('username') }
      const credential = { username: form.username, password: field('password'), otp: field('otp').trim() || undefined }
      return await webLogins.approve(params.login, credential).then(
        () => sendPage(reply, 200, donePage()),
        (error: unknown) => showAgain(reply, form, error),
      )
    } catch (error) {
      if (isDomainError(error) && error.kind === 'not-found') return sendPage(reply, 404, gonePage())
      throw error
    }
  },
})

/** What the user can mend is said on the page; the password is typed again. */
function showAgain(reply: FastifyReply, form: LoginForm, error: unknown): FastifyReply {
  const status = isDomainError(error) ? statusOf(error) : undefined
  if (!isDomainError(error) || status === undefined) throw error
  const { retryAfterSeconds } = error
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterSeconds)))
  // No scheme a browser knows: it would ask for name and password beside the page.
  if (status === 401) reply.header('www-authenticate', 'Form')
  return sendPage(reply, status, loginPage({ ...form, problem: `${error.message}.` }))
}

const statusOf = ({ kind }: DomainError): number | undefined => ({ unauthenticated: 401, 'too-many': 429 })[kind as 'too-many']

const isSame = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
