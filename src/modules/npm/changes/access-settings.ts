import { Type } from '@sinclair/typebox'
import { oneOf } from '../../../shared/types/one-of.ts'
import type { PublishFactor } from '../../metadata/contract.ts'

export const AccessChange = Type.Object({
  access: Type.Optional(oneOf(['public', 'restricted', 'private'])),
  publish_requires_tfa: Type.Optional(Type.Boolean()),
  automation_token_overrides_tfa: Type.Optional(Type.Boolean()),
})

export const AccessView = Type.Object({
  public: Type.Boolean(),
  access: oneOf(['public', 'restricted']),
  publish_requires_tfa: Type.Boolean(),
  automation_token_overrides_tfa: Type.Boolean(),
})

/** What `npm access set mfa=none|publish|automation` means. */
export const factorOf = (isRequired: boolean, overridable: boolean | undefined): PublishFactor =>
  isRequired ? (overridable === true ? 'overridable' : 'always') : 'none'

export const viewAccess = (isPublic: boolean, factor: PublishFactor) => ({
  public: isPublic,
  access: isPublic ? ('public' as const) : ('restricted' as const),
  publish_requires_tfa: factor !== 'none',
  automation_token_overrides_tfa: factor === 'overridable',
})
