import type { FastifyRequest } from 'fastify'
import type { GuardedAction, SecondFactor } from '../../auth/logins.contract.ts'
import type { PublishFactor } from '../../metadata/contract.ts'
import type { Access } from '../../metadata/packages.contract.ts'
import { requireOtp } from '../login/second-factor.ts'
import type { PackageRef } from '../package-name.ts'

const actions: Readonly<Record<PublishFactor, GuardedAction>> = { none: 'write', overridable: 'demanded', always: 'always' }

/**
 * What `npm access set mfa=…` asks of whoever publishes the package. To be called after `Catalog.checkPublish`, or it would tell what the caller may
 * not see, and outside a transaction. `Catalog.openForPublish` asks for the same, so that no door lets a version in without it. Throws what `requireOtp` throws, and SecondFactorDemanded for a caller without a second factor.
 */
export async function requirePublishFactor(
  request: Pick<FastifyRequest, 'headers' | 'principal'>,
  ref: PackageRef & { readonly justChecked?: true },
  services: { readonly access: Access; readonly secondFactor: SecondFactor },
): Promise<void> {
  await requireOtp(request, services, actions[await services.access.publishFactor(ref)])
}
