import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'
import { LogSettings } from './log/log-settings.ts'

const threshold = (what: string, minimum: number) =>
  Type.Integer({ default: 1, minimum, maximum: 10, description: `${what} an attestation needs at least.` })

export const SigningSettings = Type.Object({
  require: oneOf(['never', 'namespace', 'always'], {
    default: 'namespace',
    description:
      'Whether only signed content gets names and is given out: never, where the namespace sets requireSignedArtifacts, or everywhere.',
  }),
  registryKey: Type.String({
    default: '',
    description:
      'PEM file (PKCS #8) with the ECDSA P-256 key that signs versions. Empty: keys/registry-signing.pem in the data directory, made at first need.',
  }),
  ...LogSettings.properties,
  trustedRoot: Type.String({
    default: '',
    description: 'Sigstore trusted_root.json that attestations are checked with. Empty: none is accepted, other than by trustedKeys.',
  }),
  trustedKeys: Type.Array(
    Type.Object(
      { hint: Type.String({ minLength: 1, maxLength: 500 }), file: Type.String({ minLength: 1 }) },
      { additionalProperties: false },
    ),
    {
      default: [],
      description: 'Plain public keys (PEM files) that attestations may be signed with, by the hint in the bundle (JSON list).',
    },
  ),
  tlogThreshold: threshold('Entries of transparency logs that', 0),
  ctlogThreshold: threshold('Signed certificate timestamps (SCT) that the certificate of', 0),
  timestampThreshold: threshold('Timestamps, of logs and timestamp authorities, that', 1),
})
export type SigningSettings = Static<typeof SigningSettings>
