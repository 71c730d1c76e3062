/** Of an OCI manifest, what says whether it is about another one. */
interface ManifestFacts {
  readonly artifactType?: string | undefined
  readonly subject?: { readonly digest: string } | undefined
  readonly config?: { readonly mediaType?: string | undefined } | undefined
  readonly layers?: readonly LayerFacts[] | undefined
  readonly manifests?: readonly unknown[] | undefined
}
interface LayerFacts {
  readonly mediaType?: string | undefined
}

const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json'
const envelopeType = 'application/vnd.dsse.envelope.v1+json'

const bundleTypes = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d\.\d\+json|\+json;version=\d\.\d)$/
const emptyConfig = 'application/vnd.oci.empty.v1+json'
/** What is said about content: signatures, statements, bills of material and what is not exploitable in it. */
const aboutTypes: readonly RegExp[] = [
  bundleTypes,
  /^application\/vnd\.dsse\.envelope\.v1\+json$/,
  /^application\/vnd\.dev\.cosign\.(?:simplesigning\.v1\+json|artifact\.(?:sig|att|sbom)\.v1\+json)$/,
  /^application\/vnd\.cncf\.notary\.signature$/,
  /^application\/(?:jose\+json|cose)$/,
  /^application\/(?:vnd\.)?in-toto(?:\.bundle)?\+(?:json|dsse)$/,
  /^(?:application|text)\/spdx(?:\+(?:json|xml|yaml))?$/,
  /^application\/vnd\.cyclonedx(?:\+(?:json|xml))?$/,
  /^application\/(?:vnd\.)?openvex(?:\+json)?$/,
]
const isAboutType = (type: string | undefined): boolean =>
  type !== undefined && aboutTypes.some((known) => known.test(type) || known.test(type.split(';')[0] ?? ''))

/** How a layer that is a signature is read; undefined for another one. */
export function proofTypeOf(mediaType: string | undefined): 'simple-signing' | 'envelope' | 'bundle' | undefined {
  if (mediaType === simpleSigningType) return 'simple-signing'
  if (mediaType === envelopeType) return 'envelope'
  return mediaType !== undefined && bundleTypes.test(mediaType) ? 'bundle' : undefined
}

/**
 * Whether it is something about another manifest, as a signature is, and that manifest is there; signatures may come first. Anything else that only names
 * a subject, an image or a chart or a file, is none.
 */
export async function isAccessory(manifest: ManifestFacts, isThere: (digest: string) => Promise<boolean>): Promise<boolean> {
  const { subject, layers = [], manifests = [] } = manifest
  if (manifests.length > 0) return false
  if (isAll(layers, (type) => proofTypeOf(type) !== undefined)) return true
  return subject !== undefined && isAbout(manifest) && isThere(subject.digest)
}

const isAbout = ({ artifactType, config, layers = [] }: ManifestFacts): boolean =>
  isAll(layers, isAboutType) || (config?.mediaType === emptyConfig && isAboutType(artifactType))

const isAll = (layers: readonly LayerFacts[], fits: (type: string | undefined) => boolean): boolean =>
  layers.length > 0 && layers.every(({ mediaType }) => fits(mediaType))
