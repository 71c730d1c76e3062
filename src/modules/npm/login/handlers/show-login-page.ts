import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../../shared/kernel/kernel-info.ts'
import { WebLoginNotFound } from '../../../auth/errors.ts'
import { WebLogins } from '../../../auth/logins.contract.ts'
import { gonePage, loginPage, sendPage } from '../login-page.ts'

export const showLoginPage = defineHandler({
  method: 'GET',
  url: '/-/v1/login/:login',
  auth: 'anonymous',
  ignoresCredentials: true,
  secretParams: ['login'],
  summary: 'The page on which a user logs in for a client',
  tags: ['npm'],
  schema: { params: Type.Object({ login: Type.String() }) },
  deps: { webLogins: WebLogins, info: KernelInfo },
  async handle({ params }, { webLogins, info }, reply) {
    try {
      const found = await webLogins.find(params.login)
      return sendPage(reply, 200, loginPage({ ...found, registry: URL.parse(info.publicUrl)?.host ?? 'this registry' }))
    } catch (error) {
      if (error instanceof WebLoginNotFound) return sendPage(reply, 404, gonePage())
      throw error
    }
  },
})
