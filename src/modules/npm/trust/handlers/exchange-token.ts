import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { TrustedPublishing } from '../../../auth/trusted-publishing.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { packageRef } from '../../package-ref.ts'
import { publishTarget } from '../trust-access.ts'
import { PackageParams } from '../views.ts'

const bearer = /^bearer +(\S+) *$/i

export const exchangeToken = defineHandler({
  method: 'POST',
  url: '/-/npm/v1/oidc/token/exchange/package/:package',
  auth: 'anonymous',
  // The bearer token is of the CI, no credential of this registry.
  ignoresCredentials: true,
  rateLimit: { max: 600, windowMs: 60_000 },
  summary: 'Gives the id token of a trusted publisher in exchange for a token that publishes one package',
  tags: ['npm'],
  schema: {
    params: PackageParams,
    response: {
      201: Type.Object({ token_type: Type.Literal('oidc'), token: Type.String(), created: Type.String(), expires: Type.String() }),
    },
  },
  deps: { trustedPublishing: TrustedPublishing, catalog: Catalog },
  async handle({ params, headers }, { trustedPublishing, catalog }, reply) {
    const ref = packageRef(params.package)
    const [, idToken = ''] = bearer.exec(headers.authorization ?? '') ?? []
    const { token, createdAt, expiresAt } = await trustedPublishing.exchange(idToken, ref, async (publisher) => {
      await catalog.checkPublish(publisher, publishTarget(ref))
    })
    reply.code(201).header('cache-control', 'no-store')
    return { token_type: 'oidc' as const, token, created: createdAt, expires: expiresAt }
  },
})
