import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { ChangeInvalid } from '../../errors.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { AccessChange, factorOf } from '../access-settings.ts'
import { Done, done, PackageParams } from '../package-params.ts'

export const changeAccess = defineHandler({
  method: ['POST', 'PUT'],
  url: '/-/package/:package/access',
  auth: 'admin',
  summary: 'Who may read a package, and whether publishing needs a one-time password',
  tags: ['npm'],
  schema: { params: PackageParams, body: AccessChange, response: { 200: Done } },
  deps: { access: Access, secondFactor: SecondFactor },
  handle: async (request, { access, secondFactor }) => {
    const { principal, params, body } = request
    const ref = packageRef(params.package)
    const { publish_requires_tfa: isRequired, automation_token_overrides_tfa: overridable } = body
    if (body.access === undefined && isRequired === undefined) throw new ChangeInvalid('say what: access, or publish_requires_tfa')
    await requireOtp(request, { secondFactor })
    if (body.access !== undefined) await access.setVisibility(principal, ref, body.access === 'public' ? 'public' : 'private')
    if (isRequired !== undefined) await access.setPublishFactor(principal, ref, factorOf(isRequired, overridable))
    return done
  },
})
