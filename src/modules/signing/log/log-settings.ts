import { type Static, Type } from '@sinclair/typebox'

export const LogSettings = Type.Object({
  logKey: Type.String({
    default: '',
    description:
      'PEM file (PKCS #8) with the Ed25519 key that checkpoints of the transparency log are signed with. Empty: keys/log-signing.pem in the data directory, made at first need.',
  }),
  logOrigin: Type.String({
    default: '',
    description: 'Name of the transparency log. Empty: host and path of the public URL. It is settled with the first entry and stays.',
  }),
})
export type LogSettings = Static<typeof LogSettings>
