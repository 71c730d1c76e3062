/** DSSE payload type of in-toto statements. */
export const statementType = 'application/vnd.in-toto+json'

/** cosign v3 signs with a statement of the first type. */
const signTypes: ReadonlySet<string> = new Set([
  'https://sigstore.dev/cosign/sign/v1',
  'https://slsa.dev/provenance/v0.2',
  'https://slsa.dev/provenance/v1',
])

/** A statement about an artifact is no approval of it, unless it says how the artifact was made or is a signature in this form. */
export const isSigningType = (predicateType: string): boolean => signTypes.has(predicateType)
