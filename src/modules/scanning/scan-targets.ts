import type { Readable } from 'node:stream'
import type { Blobs, Manifests } from '../artifacts/contract.ts'
import type { Artifact } from '../metadata/contract.ts'
import type { AnalysisInput, AnalysisKind, AnalysisLayer } from './analysis/analysis-input.ts'
import { textOf } from './catalogers/reading.ts'
import { contentKey } from './content-key.ts'
import { type DescriptorFacts, imageConfigs, type ManifestFacts, manifestFacts } from './image-documents.ts'
import type { ScanSubject } from './scan-subject.ts'

/** One manifest whose blobs are unpacked together. */
export interface ScanTarget {
  readonly digest: string
  /** What its report is stored under. */
  readonly key: string
  readonly platform: string | null
  readonly input: AnalysisInput
}

export interface ScanTargets {
  readonly targets: readonly ScanTarget[]
  /** Platforms of the index that are not here: a mirror has what somebody wanted of it. */
  readonly gaps: readonly string[]
  /** Why it cannot be scanned. */
  readonly problem?: string
}

interface TargetDeps {
  readonly manifests: Manifests
  readonly blobs: Blobs
}

/** Of one index and those within it; more cannot be scanned, so that nothing of a held one goes unseen. */
const maxManifests = 64
/** Indexes inside each other. */
const maxDepth = 3
const maxAttestations = 256
/** Of `{}`: what artifacts without a config have. */
const emptyConfig = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
const inToto = /^application\/vnd\.in-toto(?:\+json|\.[a-z0-9.-]+\+(?:json|dsse))$/

/** What to unpack for a manifest: itself, or the images of its platforms. `undefined` when the artifact has no such manifest any more. */
export async function scanTargets(
  deps: TargetDeps,
  artifact: Artifact,
  { manifestDigest, name }: Pick<ScanSubject, 'manifestDigest'> & { readonly name: string | undefined },
): Promise<ScanTargets | undefined> {
  const stored = await deps.manifests.get(artifact.id, manifestDigest)
  if (!stored) return undefined
  const search = new TargetSearch(deps, artifact, name ?? manifestDigest)
  await search.take({ digest: manifestDigest, facts: manifestFacts(stored.content), platform: null, depth: 0 })
  const { targets, gaps } = search
  const problem = search.problem ?? (targets.length === 0 ? 'none of the platforms of the index is here' : undefined)
  return { targets, gaps, ...(problem !== undefined && { problem }) }
}

interface Place {
  readonly digest: string
  readonly facts: ManifestFacts
  readonly platform: string | null
  /** Indexes around it. */
  readonly depth: number
}

class TargetSearch {
  readonly targets: ScanTarget[] = []
  readonly gaps: string[] = []
  problem: string | undefined
  readonly #deps: TargetDeps
  readonly #artifact: Artifact
  readonly #version: string
  readonly #seen = new Set<string>()
  #attestations = 0

  constructor(deps: TargetDeps, artifact: Artifact, version: string) {
    this.#deps = deps
    this.#artifact = artifact
    this.#version = version
  }

  async take({ digest, facts, platform, depth }: Place): Promise<void> {
    if (facts.children.length === 0) {
      const input = inputOf(this.#deps, this.#artifact, { facts, version: this.#version })
      this.targets.push({ digest, key: contentKey(digest, input), platform, input })
      return
    }
    if (depth >= maxDepth) {
      this.problem = `indexes lie inside indexes deeper than ${maxDepth}`
      return
    }
    for (const child of facts.children) {
      if (this.problem !== undefined) return
      await this.#child(child, platform, depth)
    }
  }

  async #child(child: DescriptorFacts, above: string | null, depth: number): Promise<void> {
    const { digest } = child
    if (this.#seen.has(digest)) return
    const platform = child.platform ?? above
    if (this.#seen.size + this.#attestations >= maxManifests + maxAttestations) return this.#tooMany()
    const stored = await this.#deps.manifests.get(this.#artifact.id, digest)
    const facts = stored && manifestFacts(stored.content)
    if (child.isAttestation && (!facts || isAttestation(facts))) {
      this.#attestations += 1
      return
    }
    this.#seen.add(digest)
    if (this.#seen.size > maxManifests) return this.#tooMany()
    if (facts) await this.take({ digest, facts, platform, depth: depth + 1 })
    else this.gaps.push(`the manifest of ${platform ?? digest} is not here`)
  }

  #tooMany(): void {
    this.problem = `the index has more than ${maxManifests} platforms`
  }
}

/** Statements and nothing to unpack: whatever else is called an attestation is looked at. */
const isAttestation = ({ layers, children, config }: ManifestFacts): boolean =>
  children.length === 0 && (!config || isQuiet(config)) && layers.every(({ mediaType }) => inToto.test(mediaType))

/** Whether the config of a manifest is not content: that of an image is read by nobody but who runs it. */
const isQuiet = ({ mediaType, digest }: DescriptorFacts): boolean => imageConfigs.has(mediaType) || digest === emptyConfig

interface Described {
  readonly facts: ManifestFacts
  readonly version: string
}

function inputOf(deps: TargetDeps, artifact: Artifact, { facts, version }: Described): AnalysisInput {
  const modelFormat = textOf((facts.metadata['config'] as Readonly<Record<string, unknown>> | undefined)?.['modelFormat'])
  return {
    kind: kindOf(artifact, facts),
    layers: contentOf(facts).map((layer) => layerOf(deps, artifact.id, layer)),
    metadata: { name: clientName(artifact), version, ...(modelFormat !== '' && { modelFormat }) },
  }
}

/** Clients of artifacts fetch the config like any layer. */
const contentOf = ({ layers, config }: ManifestFacts): readonly DescriptorFacts[] =>
  config && !isQuiet(config) && !layers.some(({ digest }) => digest === config.digest) ? [...layers, config] : layers

/** Images are unpacked layer by layer; everything else that lies in an OCI repository is files. */
function kindOf({ format }: Artifact, { configType }: ManifestFacts): AnalysisKind {
  if (format !== 'oci') return format
  return imageConfigs.has(configType) ? 'oci' : 'generic'
}

export function clientName({ format, namespace, name }: Pick<Artifact, 'format' | 'namespace' | 'name'>): string {
  if (format === 'npm') return namespace === 'library' ? name : `@${namespace}/${name}`
  return `${namespace}/${name}`
}

const layerOf = (deps: TargetDeps, artifactId: string, { mediaType, digest, sizeBytes, title }: DescriptorFacts): AnalysisLayer => ({
  mediaType,
  sizeBytes,
  ...(title !== undefined && { fileName: title }),
  async open(): Promise<Readable> {
    const blob = await deps.blobs.open(artifactId, digest)
    if (!blob) throw new Error(`the blob ${digest} is not here`)
    return blob.read()
  },
})
