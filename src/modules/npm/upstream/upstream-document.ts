import { createHash } from 'node:crypto'
import semver from 'semver'
import { installMembers } from '../../packuments/contract.ts'

type Members = Readonly<Record<string, unknown>>

export interface UpstreamVersion {
  readonly version: string
  readonly tarballUrl: string
  readonly integrity: string | undefined
  readonly shasum: string | undefined
}

export interface ReadingRules {
  readonly name: string
  /** Ranges of versions that are never shown. */
  readonly blocked: readonly string[]
  /** Younger ones are not shown. Milliseconds. */
  readonly minAgeMs: number
  readonly nowMs: number
}

export interface ReadDocument {
  readonly name: string
  readonly source: Members
  readonly versions: readonly UpstreamVersion[]
  readonly tags: readonly (readonly [tag: string, version: string])[]
  /** When the next hidden version is old enough. Milliseconds since the epoch. */
  readonly changesAtMs: number | undefined
}

export interface WritingRules {
  /** Of this registry. */
  readonly publicUrl: string
  readonly signatures: ReadonlyMap<string, { readonly keyid: string; readonly sig: string }>
}

export interface WrittenTexts {
  readonly revision: string
  readonly lastModified: string
  readonly full: Buffer
  readonly abbreviated: Buffer
}

const recordOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The last segment of a tarball's URL here. */
export const tarballName = (name: string, version: string): string => `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`

const isVersion = (text: string): boolean => /^\d[0-9A-Za-z.+-]*$/.test(text) && semver.valid(text) !== null

/** What of a document is shown. Throws an Error for what is no document of that package. */
export function readDocument(text: string, rules: ReadingRules): ReadDocument {
  const source = recordOf(JSON.parse(text))
  if (source['name'] !== rules.name) throw new Error('a document of another package')
  const time = recordOf(source['time'])
  const versions: UpstreamVersion[] = []
  let changesAtMs: number | undefined
  for (const [version, manifest] of Object.entries(recordOf(source['versions']))) {
    const dist = recordOf(recordOf(manifest)['dist'])
    const tarballUrl = textOf(dist['tarball'])
    if (tarballUrl === undefined || !isVersion(version) || isBlocked(version, rules)) continue
    const visibleAtMs = visibleAt(textOf(time[version]), rules)
    if (visibleAtMs > rules.nowMs) {
      if (visibleAtMs < (changesAtMs ?? Number.POSITIVE_INFINITY)) changesAtMs = visibleAtMs
    } else versions.push({ version, tarballUrl, integrity: textOf(dist['integrity']), shasum: textOf(dist['shasum']) })
  }
  const tags = visibleTags(recordOf(source['dist-tags']), new Set(versions.map(({ version }) => version)))
  return { name: rules.name, source, versions, tags, changesAtMs }
}

const isBlocked = (version: string, { blocked }: ReadingRules): boolean =>
  blocked.some((range) => range === '*' || semver.satisfies(version, range, { includePrerelease: true }))

/** One of unknown age may be as young as any. */
function visibleAt(publishedAt: string | undefined, { minAgeMs }: ReadingRules): number {
  if (minAgeMs === 0) return 0
  const published = Date.parse(publishedAt ?? '')
  return Number.isNaN(published) ? Number.POSITIVE_INFINITY : published + minAgeMs
}

/** A tag of a hidden version goes, but `latest`, which clients cannot do without: it moves back, to the highest release that is not above. */
function visibleTags(tags: Members, visible: ReadonlySet<string>): [string, string][] {
  const kept = Object.entries(tags).filter((entry): entry is [string, string] => visible.has(String(entry[1])))
  if (visible.size === 0 || kept.some(([tag]) => tag === 'latest')) return kept
  const sorted = semver.rsort([...visible])
  const releases = sorted.filter((version) => semver.prerelease(version) === null)
  const hidden = semver.valid(textOf(tags['latest']) ?? '')
  const best = releases.find((version) => hidden !== null && semver.lt(version, hidden)) ?? releases[0] ?? sorted[0] ?? ''
  return [...kept, ['latest', best]]
}

/** With its tarballs here, without the versions that are hidden, and signed by this registry, which answers for the bytes it hands on. */
export function writeDocument({ name, source, versions, tags }: ReadDocument, rules: WritingRules): WrittenTexts {
  const manifests = recordOf(source['versions'])
  const time = recordOf(source['time'])
  const shown = versions.map(({ version }) => {
    const manifest = recordOf(manifests[version])
    return [version, { ...manifest, name, version, dist: distOf(recordOf(manifest['dist']), `${name}@${version}`, rules) }] as const
  })
  const distTags = Object.fromEntries(tags)
  const modified = textOf(time['modified']) ?? new Date(0).toISOString()
  const isShown = new Set(versions.map(({ version }) => version))
  const times = Object.entries(time).filter(([key]) => key === 'created' || key === 'modified' || isShown.has(key))
  const full = { ...source, 'dist-tags': distTags, versions: Object.fromEntries(shown), time: Object.fromEntries(times) }
  const installs = Object.fromEntries(shown.map(([version, manifest]) => [version, forInstalls(manifest)]))
  const abbreviated = { name, modified, 'dist-tags': distTags, versions: installs }
  const fullText = Buffer.from(JSON.stringify(full))
  const modifiedMs = Date.parse(modified)
  return {
    revision: createHash('sha256').update(fullText).digest('base64url').slice(0, 27),
    lastModified: new Date(Number.isNaN(modifiedMs) ? 0 : modifiedMs).toUTCString(),
    full: fullText,
    abbreviated: Buffer.from(JSON.stringify(abbreviated)),
  }
}

function distOf(dist: Members, spec: string, { publicUrl, signatures }: WritingRules): Members {
  const { signatures: _theirs, attestations: _elsewhere, ...plain } = dist
  const at = spec.lastIndexOf('@')
  const [name, version] = [spec.slice(0, at), spec.slice(at + 1)]
  const signature = signatures.get(version)
  return {
    ...plain,
    tarball: `${publicUrl}/npm/${name}/-/${tarballName(name, version)}`,
    ...(signature && { signatures: [signature] }),
  }
}

function forInstalls(sent: Members): Members {
  const manifest: Members = { ...sent, bundleDependencies: sent['bundleDependencies'] ?? sent['bundledDependencies'] }
  const scripts = recordOf(manifest['scripts'])
  const hasInstallScript = ['preinstall', 'install', 'postinstall'].some((name) => scripts[name] !== undefined)
  const members = [...installMembers, '_hasShrinkwrap', 'dist', 'deprecated'].filter((name) => manifest[name] !== undefined)
  return {
    ...Object.fromEntries(members.map((name) => [name, manifest[name]])),
    ...((hasInstallScript || manifest['hasInstallScript'] === true) && { hasInstallScript: true }),
  }
}
