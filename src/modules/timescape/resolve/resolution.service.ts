import { type Static, Type } from '@sinclair/typebox'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { isVersionRange } from '../../../shared/types/version.ts'
import type { ArtifactRef, Catalog, Located } from '../../metadata/contract.ts'
import type { Publications } from '../../metadata/publications.contract.ts'
import type { References } from '../../metadata/references.contract.ts'
import { NothingResolved, QueryInvalid } from '../errors.ts'
import { isTsv } from '../graph/node.ts'
import { nodeByTsv } from '../graph/nodes.queries.ts'
import { VersionRange } from '../transform/range.ts'
import { parseInstant, readRequested } from './requested.ts'
import { highestAsOf, highestOf, newestAsOf, tagAsOf } from './resolution.queries.ts'

const Text = Type.Union([Type.String(), Type.Null()])
export const ResolutionView = Type.Object({
  /** Null for a tag of an image that is no version. */
  version: Text,
  manifestDigest: Type.String(),
  publishedAt: Text,
  tsv: Text,
  source: oneOf(['version', 'tag', 'range', 'timestamp', 'tsv', 'asOf', 'latest']),
})
export type ResolutionView = Static<typeof ResolutionView>

export interface ResolutionQuery {
  /** A version, a tag, a range, a timestamp or a tsv id. */
  readonly version?: string
  readonly tag?: string
  readonly range?: string
  readonly tsv?: string
  readonly timestamp?: string
  readonly asOf?: string
}

export interface Resolution {
  /** Throws `timescape.query_invalid`, `timescape.nothing_resolved`, and what `Catalog.version` throws. */
  resolve(principal: Principal, ref: ArtifactRef, query: ResolutionQuery): Promise<ResolutionView>
}
export const Resolution = service<Resolution>('timescape.resolution')

export interface ResolutionDeps {
  readonly database: Database
  readonly catalog: Catalog
  readonly references: References
  readonly publications: Publications
}

type Source = ResolutionView['source']
interface Found {
  readonly source: Source
  readonly version: string | null
  readonly digest?: string
}

/** From whatever names a version to the version (R11.5). What may not be seen, or does not resolve now, did not resolve then either. */
export class ResolutionService implements Resolution {
  readonly #deps: ResolutionDeps

  constructor(deps: ResolutionDeps) {
    this.#deps = deps
  }

  async resolve(principal: Principal, ref: ArtifactRef, query: ResolutionQuery): Promise<ResolutionView> {
    const located = await this.#deps.catalog.locate(principal, ref, 'read')
    const found = await this.#find(located, query)
    if (!found) throw new NothingResolved('no version of this artifact fits')
    return this.#view(located, found)
  }

  async #find(located: Located, { asOf: when, ...query }: ResolutionQuery): Promise<Found | undefined> {
    const asked = Object.entries(query).filter(([, value]) => value !== undefined)
    if (asked.length > 1) throw new QueryInvalid(`${asked.map(([name]) => name).join(' and ')} exclude each other`)
    const asOf = when === undefined ? null : instantOf(when)
    const { version, tag, range, tsv, timestamp } = query
    if (tag !== undefined) return this.#byName(located, { name: tag, asOf, source: 'tag' })
    if (range !== undefined) return this.#byRange(located, range, asOf)
    if (tsv !== undefined) return this.#byTsv(located, tsv)
    if (timestamp !== undefined) return this.#byTimestamp(located, instantOf(timestamp))
    return version === undefined ? this.#latest(located, asOf) : this.#requested(located, version, asOf)
  }

  /** A version or a tag before anything else it could be: a tag may look like a year, or like a range. */
  async #requested(located: Located, text: string, asOf: string | null): Promise<Found | undefined> {
    const requested = readRequested(text)
    if ((requested.kind === 'timestamp' || requested.kind === 'range') && isName(text)) {
      const named = await this.#byName(located, { name: text, asOf, source: 'version' })
      if (named) return named
    }
    if (requested.kind === 'timestamp') return this.#byTimestamp(located, requested.instant)
    if (requested.kind === 'tsv') return this.#byTsv(located, requested.text)
    if (requested.kind === 'range') return this.#byRange(located, requested.text, asOf)
    return this.#byName(located, { name: requested.text, asOf, source: 'version' })
  }

  async #byName(
    located: Located,
    { name, asOf, source }: { name: string; asOf: string | null; source: Source },
  ): Promise<Found | undefined> {
    const { database, references } = this.#deps
    if (!isName(name)) throw new QueryInvalid('this is neither a version nor a tag')
    const past = asOf === null ? undefined : await tagAsOf(database, located.artifact.id, { tag: name, asOf })
    if (past) return past.digest === null ? undefined : { source: 'tag', version: past.version, digest: past.digest }
    const now = await references.resolve(located, name)
    if (!now) return undefined
    // A tag that is there now was not there then; a version may have been.
    const isTag = now.version?.version !== name
    if (asOf !== null && isTag) return undefined
    const version = now.version?.version ?? null
    if (asOf !== null && version !== null && !(await this.#wasThere(located, version, asOf))) return undefined
    return { source: isTag ? 'tag' : source, version, digest: now.manifestDigest }
  }

  async #wasThere(located: Located, version: string, asOf: string): Promise<boolean> {
    const { publishedAt } = await this.#deps.catalog.version(located, version)
    return Date.parse(publishedAt) <= Date.parse(asOf)
  }

  async #byRange(located: Located, text: string, asOf: string | null): Promise<Found | undefined> {
    if (!isVersionRange(text)) throw new QueryInvalid('range is a range of versions as npm writes it, for example ^1.2.0')
    return this.#highest(located, { range: new VersionRange(text), asOf, source: 'range' })
  }

  async #highest(
    located: Located,
    { range, asOf, source }: { readonly range: VersionRange; readonly asOf: string | null; readonly source: Source },
  ): Promise<Found | undefined> {
    const found = await highestOf(this.#deps.database, located.artifact, { range, asOf })
    if (!found?.isTag) return found && { source, version: found.version }
    const tagged = await this.#byName(located, { name: found.version, asOf, source })
    return tagged && { ...tagged, source }
  }

  async #byTsv({ artifact }: Located, tsv: string): Promise<Found | undefined> {
    if (!isTsv(tsv)) throw new QueryInvalid('a tsv id looks like tsv:1763683200-name-001')
    const node = await nodeByTsv(this.#deps.database, artifact.id, tsv)
    if (!node || node.state === 'deleted') return undefined
    return { source: 'tsv', version: node.versionId === null ? null : node.version, digest: node.manifestDigest }
  }

  async #byTimestamp({ artifact }: Located, instant: string): Promise<Found | undefined> {
    const newest = await newestAsOf(this.#deps.database, artifact.id, instant)
    return newest && { source: 'timestamp', version: newest.versionId === null ? null : newest.version, digest: newest.digest }
  }

  /** What the tag `latest` says, else the highest release. */
  async #latest(located: Located, asOf: string | null): Promise<Found | undefined> {
    const tagged = await this.#byName(located, { name: 'latest', asOf, source: 'latest' })
    const source = asOf === null ? 'latest' : 'asOf'
    if (tagged) return { ...tagged, source }
    const highest =
      located.artifact.format === 'oci' ? await this.#highest(located, { range: new VersionRange('*'), asOf, source }) : undefined
    if (highest) return highest
    const version = await highestAsOf(this.#deps.database, located.artifact.id, { asOf })
    return version === undefined ? undefined : { source, version }
  }

  async #view(located: Located, { source, version, digest }: Found): Promise<ResolutionView> {
    const found = version === null ? undefined : await this.#deps.catalog.version(located, version)
    const manifestDigest = found?.manifestDigest ?? digest ?? ''
    // What is no version was found by its digest: quarantine and policies of reading are asked as a door asks them.
    if (!found) await this.#deps.publications.checkRead(located, manifestDigest)
    const [node] = await this.#deps.database.sql<{ tsv: string; publishedAt: string }>`select tsv, published_at as "publishedAt"
      from timescape_nodes where artifact_id = ${located.artifact.id} and manifest_digest = ${manifestDigest} and state <> 'deleted'
        and (${version}::text is null or version = ${version}) order by seq desc limit 1`
    return { version, manifestDigest, publishedAt: found?.publishedAt ?? node?.publishedAt ?? null, tsv: node?.tsv ?? null, source }
  }
}

const isName = (text: string): boolean => /^[\x21-\x7e]{1,128}$/.test(text)

function instantOf(text: string): string {
  const instant = parseInstant(text)
  if (instant === undefined) throw new QueryInvalid('an instant is ISO 8601, ten digits of seconds or thirteen of milliseconds')
  return instant
}
