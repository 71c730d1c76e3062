import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { ArtifactRef } from '../metadata/contract.ts'

export const PolicyName = oneOf(['off', 'warn', 'block'], {
  description: 'What happens to a version whose types break more than its number declares: nothing, a mark on its edge, or a refusal.',
})
export type PolicyName = Static<typeof PolicyName>

/** `own` is what was set here; `null`: nothing, so that what is above counts. */
export const PolicyView = Type.Object({ own: Type.Union([PolicyName, Type.Null()]), effective: PolicyName })
export type PolicyView = Static<typeof PolicyView>

const Text = Type.Union([Type.String(), Type.Null()])
const BumpName = oneOf(['none', 'patch', 'minor', 'major'])

export const ChangeView = Type.Object({
  path: Type.String({ description: 'JSON pointer into what is compared.' }),
  rule: Type.String(),
  bump: BumpName,
  message: Type.String(),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown()),
})

/** design.md §5 decision 7, and what else is known of a version. */
export const NodeView = Type.Object({
  version: Type.String(),
  timestamp: Type.String(),
  gtypeHash: Text,
  manifestHash: Type.String(),
  parentVersions: Type.Array(Type.String()),
  deprecated: Type.Boolean(),
  deprecationReason: Text,
  sunset: Text,
  suggestion: Text,
  tsv: Type.String(),
  state: oneOf(['live', 'superseded']),
})
export type NodeView = Static<typeof NodeView>

export const EdgeView = Type.Object({
  from: Type.String(),
  to: Type.String(),
  type: oneOf(['patch', 'minor', 'major', 'breaking']),
  kind: oneOf(['succession', 'supersession']),
  required: BumpName,
  declared: Type.Union([BumpName, Type.Null()]),
  undeclared: Type.Boolean({ description: 'The numbers of the versions say less than the changes ask for.' }),
  changes: Type.Integer(),
  breaking: Type.Integer(),
  /** `pending`: the content of the two was not compared yet, types were. */
  contentState: oneOf(['pending', 'done', 'failed']),
  transformer: Type.Optional(Type.String({ description: '`namespace/name:version` of a transformer that leads over it.' })),
})
export type EdgeView = Static<typeof EdgeView>

export const GraphView = Type.Object({ nodes: Type.Array(NodeView), edges: Type.Array(EdgeView), nextCursor: Text })
export type GraphView = Static<typeof GraphView>

export const BreakingView = Type.Object({ ...EdgeView.properties, details: Type.Array(ChangeView) })
export type BreakingView = Static<typeof BreakingView>

export const DiffView = Type.Object({
  from: Type.String(),
  to: Type.String(),
  type: EdgeView.properties.type,
  required: BumpName,
  declared: Type.Union([BumpName, Type.Null()]),
  undeclared: Type.Boolean(),
  /** False: the content of some versions between the two was not compared, or they are of different lines. */
  complete: Type.Boolean(),
  changes: Type.Array(ChangeView),
})
export type DiffView = Static<typeof DiffView>

export const HopView = Type.Object({
  transformer: Type.String(),
  from: Type.String(),
  to: Type.String(),
  direction: oneOf(['forward', 'backward']),
})
export type HopView = Static<typeof HopView>

export const CompatibilityView = Type.Object({
  from: Type.String(),
  to: Type.String(),
  verdict: oneOf(['compatible', 'transformable', 'incompatible']),
  reasons: Type.Array(ChangeView),
  /** Of a transformable pair. */
  path: Type.Array(HopView),
  complete: Type.Boolean(),
})
export type CompatibilityView = Static<typeof CompatibilityView>

export const DeprecationView = Type.Object({ version: Type.String(), reason: Text, sunset: Text, suggestion: Text })
export type DeprecationView = Static<typeof DeprecationView>

export const GuideView = Type.Object({ from: Type.String(), to: Type.String(), body: Type.String(), updatedAt: Type.String() })
export type GuideView = Static<typeof GuideView>

interface Edge {
  readonly from: string
  readonly to: string
}
interface Paging {
  readonly cursor?: string
  readonly limit: number
}
interface PageOf<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export interface GraphReading {
  graph(principal: Principal, ref: ArtifactRef, page: Paging): Promise<GraphView>
  breaking(principal: Principal, ref: ArtifactRef, page: Paging): Promise<PageOf<BreakingView>>
  diff(principal: Principal, ref: ArtifactRef, edge: Edge): Promise<DiffView>
  compatibility(principal: Principal, ref: ArtifactRef, edge: Edge): Promise<CompatibilityView>
}
export const GraphReading = service<GraphReading>('timescape.graph_reading')

export interface Policies {
  ofArtifact(principal: Principal, ref: ArtifactRef): Promise<PolicyView>
  setOfArtifact(principal: Principal, ref: ArtifactRef, policy: PolicyName | null): Promise<PolicyView>
  ofNamespace(principal: Principal, name: string): Promise<PolicyView>
  setOfNamespace(principal: Principal, name: string, policy: PolicyName | null): Promise<PolicyView>
}
export const Policies = service<Policies>('timescape.policies')

/** What publishers say beside their versions. */
export interface VersionNotes {
  deprecations(principal: Principal, ref: ArtifactRef): Promise<DeprecationView[]>
  deprecate(
    principal: Principal,
    ref: ArtifactRef,
    note: { readonly version: string; readonly reason: string; readonly sunset?: string; readonly suggestion?: string },
  ): Promise<DeprecationView>
  undeprecate(principal: Principal, ref: ArtifactRef, version: string): Promise<void>
  guide(principal: Principal, ref: ArtifactRef, edge: Edge): Promise<GuideView>
  setGuide(principal: Principal, ref: ArtifactRef, guide: Edge & { readonly body: string }): Promise<GuideView>
  removeGuide(principal: Principal, ref: ArtifactRef, edge: Edge): Promise<void>
}
export const VersionNotes = service<VersionNotes>('timescape.version_notes')
