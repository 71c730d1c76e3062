import { type Static, Type } from '@sinclair/typebox'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Authorizer } from '../../auth/contract.ts'
import { type ManifestScore, type Scores, scoreKey } from '../../scanning/scores.contract.ts'
import { isOfFormat, nameKey, type OfferedArtifact, type OfferedVersion, offeredArtifacts } from '../artifacts.queries.ts'
import { wantedRange } from '../wanted-range.ts'
import { type Alternatives, alternativesOf } from './alternatives.ts'
import { type HealthRow, healthRows } from './health.queries.ts'
import { AlternativeView, FlagView } from './health-views.ts'
import { type ProjectNeed, type ProjectNeeds, placesOf } from './project-needs.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Score = Type.Union([Type.Integer(), Type.Null()])

export const OutdatedItem = Type.Object({
  name: Type.String({ description: 'As it was asked about.' }),
  status: Type.String({
    description:
      '`current`; `outdated`: `latest` or `wanted` is another version; `unsatisfied`: nothing fits the range; `unknown`; `external`: the range is a URL or the like.',
  }),
  namespace: Text,
  current: Text,
  wanted: { ...Text, description: 'The highest version that the range takes.' },
  latest: { ...Text, description: 'That of the tag `latest`, else the highest release.' },
  deprecated: { ...Text, description: 'Why the current version is deprecated.' },
  securityScore: { ...Score, description: 'Of the current version.' },
  vulnerabilities: { ...Score, description: 'Open ones of the current version.' },
  health: Score,
  flags: Type.Array(FlagView),
  suggestion: Text,
  alternatives: Type.Array(AlternativeView),
})
export type OutdatedItem = Static<typeof OutdatedItem>

/** What of a project's dependencies is behind, deprecated or vulnerable, and what to take instead. */
export interface Outdated {
  of(principal: Principal, needs: ProjectNeeds): Promise<OutdatedItem[]>
}
export const Outdated = service<Outdated>('insights.outdated')

export interface OutdatedDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly scores: Scores
}

interface Found {
  readonly need: ProjectNeed
  readonly artifact: OfferedArtifact | undefined
  readonly current: OfferedVersion | undefined
}
interface Standing {
  readonly health: ReadonlyMap<string, HealthRow>
  readonly scanned: ReadonlyMap<string, ManifestScore>
  readonly alternatives: ReadonlyMap<string, Alternatives>
}

/** Finding what is like something is dearer than all the rest. */
const maxWithAlternatives = 20

export class OutdatedService implements Outdated {
  readonly #deps: OutdatedDeps

  constructor(deps: OutdatedDeps) {
    this.#deps = deps
  }

  async of(principal: Principal, { namespace, dependencies }: ProjectNeeds): Promise<OutdatedItem[]> {
    const { database, authorizer, scores } = this.#deps
    const sight = await authorizer.sight(principal)
    const places = dependencies.map((need) => placesOf(need, namespace))
    const artifacts = Map.groupBy(await offeredArtifacts(database, places.flat(), sight), nameKey)
    const found = dependencies.map((need, at): Found => {
      const named = (places[at] ?? []).flatMap((place) => artifacts.get(nameKey(place)) ?? [])
      const artifact = named.find((one) => isOfFormat(need.format ?? null, one))
      return { need, artifact, current: artifact && currentOf(need, artifact) }
    })
    const ids = [...new Set(found.flatMap(({ artifact }) => artifact?.artifactId ?? []))]
    const health = new Map((await healthRows(database, ids)).map((row) => [row.artifactId, row]))
    const flagged = ids.filter((id) => (health.get(id)?.flags.length ?? 0) > 0).slice(0, maxWithAlternatives)
    const standing: Standing = {
      health,
      scanned: await scores.of(found.flatMap((one) => (one.artifact && one.current ? [manifestOf(one.artifact, one.current)] : []))),
      alternatives: await alternativesOf(database, flagged, sight),
    }
    return found.map((one) => itemOf(one, standing))
  }
}

const manifestOf = ({ artifactId }: OfferedArtifact, { manifestDigest }: OfferedVersion) => ({ artifactId, manifestDigest })

const wantedOf = ({ range }: ProjectNeed, artifact: OfferedArtifact) => wantedRange(range).choose(artifact)
const currentOf = (need: ProjectNeed, artifact: OfferedArtifact): OfferedVersion | undefined =>
  need.version === undefined ? wantedOf(need, artifact) : artifact.versions.find(({ version }) => version === need.version)

const nothing = {
  ...{
    namespace: null,
    current: null,
    wanted: null,
    latest: null,
    deprecated: null,
    securityScore: null,
    vulnerabilities: null,
    health: null,
  },
  ...{ flags: [], suggestion: null, alternatives: [] },
}

function itemOf({ need, artifact, current }: Found, { health, scanned, alternatives }: Standing): OutdatedItem {
  const { name, range } = need
  if (wantedRange(range).isForeign) return { ...nothing, name, status: 'external' }
  if (!artifact || artifact.versions.length === 0) return { ...nothing, name, status: 'unknown' }
  const score = current && scanned.get(scoreKey(manifestOf(artifact, current)))
  const others = alternatives.get(artifact.artifactId)
  const row = health.get(artifact.artifactId)
  return {
    ...{ name, namespace: artifact.namespace, ...versionsOf(need, artifact) },
    deprecated: current?.deprecation ?? null,
    securityScore: score?.securityScore ?? null,
    vulnerabilities: score ? Object.values(score.counts).reduce((sum, count) => sum + count, 0) : null,
    health: row?.score ?? null,
    flags: [...(row?.flags ?? [])],
    suggestion: others?.suggestion ?? null,
    alternatives: [...(others?.items ?? [])],
  }
}

function versionsOf(need: ProjectNeed, artifact: OfferedArtifact): Pick<OutdatedItem, 'status' | 'current' | 'wanted' | 'latest'> {
  const wanted = wantedOf(need, artifact)?.version ?? null
  const latest = artifact.tags.get('latest') ?? wantedRange('*').choose(artifact)?.version ?? null
  const current = need.version ?? wanted
  if (wanted === null) return { status: 'unsatisfied', current, wanted, latest }
  return { status: current === wanted && current === latest ? 'current' : 'outdated', current, wanted, latest }
}
