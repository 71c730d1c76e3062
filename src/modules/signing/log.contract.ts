import { type Static, Type } from '@sinclair/typebox'

const Base64 = Type.String({ description: 'Base64.' })
const Nullable = Type.Union([Type.String(), Type.Null()])

const RegistryKeyView = Type.Object({
  keyid: Type.String(),
  keytype: Type.String(),
  scheme: Type.String(),
  key: Type.String({ description: 'SubjectPublicKeyInfo, DER, base64.' }),
  expires: Nullable,
})

const Verifiers = {
  key: Type.String({ description: 'The key that checkpoints are signed with: `<origin>+<id>+<base64>`, as C2SP signed-note writes it.' }),
  retiredKeys: Type.Array(Type.String()),
}

export const KeyView = Type.Object({
  origin: Type.String({ description: 'Name of the log.' }),
  ...Verifiers,
  registryKeys: Type.Array(RegistryKeyView, { description: 'Keys that the registry signs versions with.' }),
})
export type KeyView = Static<typeof KeyView>

export const ConsistencyView = Type.Object({ first: Type.Integer(), second: Type.Integer(), proof: Type.Array(Base64) })

export const LoggedFactView = Type.Object({
  index: Type.Integer(),
  kind: Type.Union([Type.Literal('version'), Type.Literal('tag'), Type.Literal('unpublished')]),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  reference: Type.String({ description: 'The version, or the tag.' }),
  digest: Nullable,
  time: Type.String({ description: 'When it came into the log.' }),
  salt: Base64,
})
export type LoggedFactView = Static<typeof LoggedFactView>

const EntryView = Type.Object({
  ...LoggedFactView.properties,
  proof: Type.Array(Base64, { description: 'Of inclusion in the tree of the checkpoint, from the sibling of the leaf upwards.' }),
})

const PublisherSignatureView = Type.Object({
  kind: Type.String({ description: '`raw`, `openpgp`, `cosign`, `sigstore-bundle` or `provenance`.' }),
  signer: Nullable,
  issuer: Nullable,
  signedAt: Nullable,
  evidence: Type.Union([Type.String(), Type.Null()], { description: 'The signature as it came; null when it is too large or gone.' }),
})

export const ProofView = Type.Object({
  v: Type.Literal(1),
  reference: Type.String(),
  manifestDigest: Type.String({ description: 'What the name points to now.' }),
  origin: Type.String(),
  checkpoint: Type.String({ description: 'C2SP tlog-checkpoint.' }),
  ...Verifiers,
  entries: Type.Array(EntryView, { description: 'Of a version: one. Of a tag: its last move, then the version it points to.' }),
  signature: Type.Union([Type.Object({ keyid: Type.String(), sig: Base64 }), Type.Null()], {
    description: 'ECDSA of the registry over `<format>/<namespace>/<name>@<version>:<digest>`; null for a tag of no version.',
  }),
  registryKeys: Type.Array(RegistryKeyView),
  publisherSignatures: Type.Array(PublisherSignatureView, {
    description: 'Those of publishers that the registry has verified, newest first.',
  }),
})
export type ProofView = Static<typeof ProofView>
