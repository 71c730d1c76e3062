import { type Static, Type } from '@sinclair/typebox'
import type { Database } from '../../../shared/kernel/database.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Authorizer, Sight } from '../../auth/contract.ts'
import { type ManifestScore, type Scores, scoreKey } from '../../scanning/scores.contract.ts'
import { isOfFormat, type Named, type OfferedArtifact, type OfferedVersion, offeredArtifacts } from '../artifacts.queries.ts'
import { KnownArtifacts } from '../dependencies/known-artifacts.ts'
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
      '`current`; `outdated`: `latest` or `wanted` is another version; `unsatisfied`: nothing fits the range; `unknown`; `external`: the range is a URL or the like; `cut`: it may be one of more versions than are looked at.',
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

/** What an artifact has for a need; `cut`: what it is cannot be told. */
interface Found {
  readonly need: ProjectNeed
  readonly artifact: OfferedArtifact
  readonly current: OfferedVersion | undefined
  readonly wanted: OfferedVersion | 'cut' | undefined
  readonly latest: string | 'cut' | undefined
}
type Missing = { readonly need: ProjectNeed; readonly status: 'external' | 'unknown' | 'cut' }
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

  async of(principal: Principal, needs: ProjectNeeds): Promise<OutdatedItem[]> {
    const { database, authorizer, scores } = this.#deps
    const sight = await authorizer.sight(principal)
    const found = await this.#find(needs, sight)
    const there = found.filter((one) => 'artifact' in one)
    const ids = [...new Set(there.map(({ artifact }) => artifact.artifactId))]
    const health = new Map((await healthRows(database, ids)).map((row) => [row.artifactId, row]))
    const flagged = ids.filter((id) => (health.get(id)?.flags.length ?? 0) > 0).slice(0, maxWithAlternatives)
    const standing: Standing = {
      health,
      scanned: await scores.of(there.flatMap((one) => (one.current ? [manifestOf(one.artifact, one.current)] : []))),
      alternatives: await alternativesOf(database, flagged, sight),
    }
    return found.map((one) => ('artifact' in one ? itemOf(one, standing) : { ...nothing, name: one.need.name, status: one.status }))
  }

  async #find({ namespace, dependencies }: ProjectNeeds, sight: Sight): Promise<(Found | Missing)[]> {
    const known = new KnownArtifacts((names) => offeredArtifacts(this.#deps.database, names, sight))
    const needs = dependencies.map((need) => ({ need, places: placesOf(need, namespace) }))
    await known.load(
      needs.flatMap(({ need, places }) => places.map((place) => ({ ...place, exact: [need.range, need.version ?? need.range] }))),
    )
    const turn = new LoopTurn()
    const found: (Found | Missing)[] = []
    for (const one of needs) {
      if (turn.isOver) await turn.next()
      found.push(foundIn(known, one))
    }
    return found
  }
}

/** Looks at one place after the other; behind one that nobody looked at, nothing is sure. */
function foundIn(
  known: KnownArtifacts,
  { need, places }: { readonly need: ProjectNeed; readonly places: readonly Named[] },
): Found | Missing {
  if (wantedRange(need.range).isForeign) return { need, status: 'external' }
  for (const place of places) {
    const bearers = known.named(place)
    if (!bearers) return { need, status: 'cut' }
    const artifact = bearers.find((one) => isOfFormat(need.format ?? null, one))
    if (!artifact) continue
    return artifact.versions.length === 0 ? { need, status: 'unknown' } : foundOf(known, need, artifact)
  }
  return { need, status: 'unknown' }
}

function foundOf(known: KnownArtifacts, need: ProjectNeed, artifact: OfferedArtifact): Found {
  const wanted = known.choose(artifact, wantedRange(need.range))
  const taken = wanted === 'cut' ? undefined : wanted
  const all = [...artifact.versions, ...artifact.beside]
  const current = need.version === undefined ? taken : all.find(({ version }) => version === need.version)
  return { need, artifact, wanted, current, latest: latestOf(known, artifact) }
}

function latestOf(known: KnownArtifacts, artifact: OfferedArtifact): string | undefined {
  const tagged = artifact.tags.get('latest')
  if (tagged !== undefined) return tagged
  const highest = known.choose(artifact, wantedRange('*'))
  return typeof highest === 'object' ? highest.version : highest
}

const manifestOf = ({ artifactId }: OfferedArtifact, { manifestDigest }: OfferedVersion) => ({ artifactId, manifestDigest })

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

function itemOf(found: Found, { health, scanned, alternatives }: Standing): OutdatedItem {
  const { need, artifact, current } = found
  const score = current && scanned.get(scoreKey(manifestOf(artifact, current)))
  const others = alternatives.get(artifact.artifactId)
  const row = health.get(artifact.artifactId)
  return {
    ...{ name: need.name, namespace: artifact.namespace, ...versionsOf(found) },
    deprecated: current?.deprecation ?? null,
    securityScore: score?.securityScore ?? null,
    vulnerabilities: score ? Object.values(score.counts).reduce((sum, count) => sum + count, 0) : null,
    health: row?.score ?? null,
    flags: [...(row?.flags ?? [])],
    suggestion: others?.suggestion ?? null,
    alternatives: [...(others?.items ?? [])],
  }
}

function versionsOf({ need, ...found }: Found): Pick<OutdatedItem, 'status' | 'current' | 'wanted' | 'latest'> {
  const wanted = typeof found.wanted === 'object' ? found.wanted.version : null
  const latest = found.latest === undefined || found.latest === 'cut' ? null : found.latest
  const current = need.version ?? wanted
  return { status: statusOf(found, { current, wanted, latest }), current, wanted, latest }
}

function statusOf(
  found: Pick<Found, 'wanted' | 'latest'>,
  { current, wanted, latest }: Pick<OutdatedItem, 'current' | 'wanted' | 'latest'>,
): string {
  if (found.wanted === 'cut') return 'cut'
  if (wanted === null) return 'unsatisfied'
  if (current === wanted && found.latest === 'cut') return 'cut'
  return current === wanted && current === latest ? 'current' : 'outdated'
}
