import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../../shared/types/one-of.ts'
import { PublisherType } from '../trusted-publishing.contract.ts'

const url = '^https?://[^\\s?#]+$'

/** Asymmetric only: with a shared secret, whoever may verify may forge. */
const Algorithm = oneOf(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'])

const TrustedIssuer = Type.Object(
  {
    type: PublisherType,
    issuer: Type.String({ pattern: url, description: 'Exactly as the claim `iss` has it.' }),
    jwksUrl: Type.Optional(Type.String({ pattern: url, description: 'Default: what the discovery document of the issuer says.' })),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'Default: `npm:` and the host name of the public URL.' })),
    algorithms: Type.Optional(
      Type.Array(Algorithm, { minItems: 1, description: 'Default: RS256; for custom ones ES256 and EdDSA as well.' }),
    ),
  },
  { additionalProperties: false },
)
export type TrustedIssuer = Static<typeof TrustedIssuer>

export const TrustedIssuers = Type.Array(TrustedIssuer, {
  default: [
    { type: 'github', issuer: 'https://token.actions.githubusercontent.com' },
    { type: 'gitlab', issuer: 'https://gitlab.com' },
  ],
  description:
    'Issuers of OpenID Connect whose id tokens trusted publishing accepts (JSON list of {type, issuer, jwksUrl?, audience?, algorithms?}).',
})

export const algorithmsOf = ({ type, algorithms }: TrustedIssuer): readonly string[] =>
  algorithms ?? (type === 'custom' ? ['RS256', 'ES256', 'EdDSA'] : ['RS256'])
