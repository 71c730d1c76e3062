import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../../shared/kernel/kernel-info.ts'
import { WebLogins } from '../../../auth/logins.contract.ts'
import { WebRegistrationMissing } from '../errors.ts'
import { smallBody } from '../schemas.ts'

const maxClientLength = 200

export const openWebLogin = defineHandler({
  method: 'POST',
  url: '/-/v1/login',
  auth: 'anonymous',
  ignoresCredentials: true,
  rateLimit: { max: 60, windowMs: 60_000 },
  summary: 'Begin a login in a browser',
  tags: ['npm'],
  ...smallBody,
  schema: { response: { 200: Type.Object({ loginUrl: Type.String(), doneUrl: Type.String() }) } },
  deps: { webLogins: WebLogins, info: KernelInfo },
  async handle({ body, headers }, { webLogins, info }, reply) {
    if (typeof body === 'object' && body !== null && 'create' in body && body.create === true) throw new WebRegistrationMissing()
    const { loginId, pollId, code } = await webLogins.open(clientOf(headers['user-agent']))
    // npm prints it below the address of the page.
    reply.headers({ 'cache-control': 'no-store', 'npm-notice': `The page in your browser must show the code ${code}` })
    const base = `${info.publicUrl}/npm/-/v1/login`
    return { loginUrl: `${base}/${loginId}`, doneUrl: `${base}/done/${pollId}` }
  },
})

const clientOf = (agent: string | undefined): string => (agent ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, maxClientLength) || 'unknown'
