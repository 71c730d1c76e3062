import { type Static, Type } from '@sinclair/typebox'

const Text = Type.Union([Type.String(), Type.Null()])
const Score = Type.Union([Type.Integer(), Type.Null()])
const Kind = Type.String({ description: 'runtime, peer, optional, model, module, image or transformer.' })
const Cut = Type.Boolean({ description: 'More is there than is told: depth or number ended the walk.' })

export const EdgeState = Type.String({
  description:
    '`resolved`; `unsatisfied`: no version that is offered fits; `unknown`: nothing the caller may see has the name; `external`: it is no version, but a URL or the like; `cut`: not looked at, or it may be one of more versions than are looked at.',
})
export const DependencyNode = Type.Object({
  id: Type.String({ description: '`namespace/name@version`.' }),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  type: Type.String(),
  version: Type.String(),
  depth: Type.Integer({ description: '0 is the version asked about; the shortest way counts.' }),
  deprecated: Type.Boolean(),
  health: { ...Score, description: '0 to 100; null: not computed yet.' },
  securityScore: { ...Score, description: '0 to 100; null: never scanned.' },
  vulnerabilities: { ...Score, description: 'Open ones.' },
})
export const DependencyEdge = Type.Object({
  from: Type.String(),
  to: { ...Text, description: 'Id of the node; null when it is not resolved.' },
  namespace: Type.String(),
  name: Type.String(),
  range: Type.String(),
  kind: Kind,
  optional: Type.Boolean(),
  state: EdgeState,
})
export const DependencyGraph = Type.Object({
  root: Type.String(),
  nodes: Type.Array(DependencyNode),
  edges: Type.Array(DependencyEdge),
  cyclic: Type.Boolean({ description: 'Something depends on itself by way of others.' }),
  cut: Cut,
})
export type DependencyGraph = Static<typeof DependencyGraph>
export type DependencyEdge = Static<typeof DependencyEdge>

export const DependantNode = Type.Object({
  artifactId: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  type: Type.String(),
  version: Type.String({ description: 'Its highest version, which is the one looked at.' }),
  depth: Type.Integer({ minimum: 1 }),
  range: Type.String({ description: 'What it takes of the one before it in `path`.' }),
  kind: Kind,
  optional: Type.Boolean({ description: 'Something on the way is optional.' }),
  path: Type.Array(Type.String(), {
    description: 'One shortest way, `namespace/name@version`, from what is depended on to the dependant.',
  }),
})
export type DependantNode = Static<typeof DependantNode>

export const ByDepth = Type.Array(Type.Object({ depth: Type.Integer(), artifacts: Type.Integer() }))
export const DependantTree = Type.Object({
  root: Type.String(),
  dependants: Type.Array(DependantNode),
  byDepth: ByDepth,
  cut: Cut,
})
export type DependantTree = Static<typeof DependantTree>

export const ImpactItem = Type.Object({
  artifactId: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  severity: Type.String({ description: '`breaks`: cannot be installed any more; `degrades`: only something optional is lost.' }),
  depth: Type.Integer({ description: '1: it depends on what is yanked itself.' }),
  versions: Type.Array(Type.String(), { description: 'Affected versions, highest first; at most 20.' }),
  affectedVersions: Type.Integer(),
  offeredVersions: Type.Integer(),
  current: Type.Boolean({ description: 'Its highest version is among them.' }),
  via: Type.Object(
    { namespace: Type.String(), name: Type.String(), range: Type.String(), kind: Kind },
    { description: 'Of the highest affected version.' },
  ),
})
export const ImpactView = Type.Object({
  root: Type.String(),
  yanked: Type.Array(Type.String(), { description: 'Versions that would go; at most 100 are named.' }),
  breaks: Type.Integer({ description: 'Artifacts of which a version cannot be installed any more.' }),
  degrades: Type.Integer(),
  byDepth: ByDepth,
  items: Type.Array(ImpactItem),
  cut: Cut,
})
export type ImpactView = Static<typeof ImpactView>
export type ImpactItem = Static<typeof ImpactItem>

export const BlastRadius = Type.Object({
  advisory: Type.String(),
  affected: Type.Array(
    Type.Object({ namespace: Type.String(), name: Type.String(), format: Type.String(), versions: Type.Array(Type.String()) }),
    { description: 'What has the vulnerability itself, and is open: statements that it does not matter are believed.' },
  ),
  dependants: Type.Array(DependantNode, { description: 'Whose range takes an affected version, or an affected dependant.' }),
  byDepth: ByDepth,
  cut: Cut,
})
export type BlastRadius = Static<typeof BlastRadius>
