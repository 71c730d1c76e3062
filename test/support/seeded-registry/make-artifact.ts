import { foldName } from '../../../src/shared/types/artifact-name.ts'
import { type ArtifactFormat, type ArtifactType, formatOf } from '../../../src/shared/types/artifact-type.ts'
import type { Seeded } from '../seeded.ts'
import { type CorpusAccount, type CorpusArtifact, type CorpusNamespace, type CorpusVersion, corpusId } from './corpus-artifact.ts'
import { artifactName, markers } from './names.ts'
import { type Topic, topics } from './topics.ts'

interface World {
  readonly number: number
  readonly namespaces: readonly [CorpusNamespace, ...CorpusNamespace[]]
  readonly users: readonly CorpusAccount[]
  /** Names that are gone, confusable ones included. */
  readonly taken: Set<string>
}

const dayMs = 86_400_000
/** The day the newest things are of. */
const today = Date.UTC(2026, 10, 20)
const oldestDays = 3_600

type Weighted<T> = readonly (readonly [T, number])[]

const types: Weighted<ArtifactType> = [
  ...([
    ['module-node', 52],
    ['module-oci', 14],
    ['model', 8],
    ['plugin', 7],
    ['module-wasm', 3],
    ['module-binary', 4],
  ] as const),
  ...([
    ['module-external', 2],
    ['agent', 4],
    ['template', 4],
    ['snapshot', 1],
    ['transformer', 1],
  ] as const),
]
const licenses: Weighted<string | null> = [
  ...([
    ['MIT', 46],
    ['Apache-2.0', 21],
    ['ISC', 8],
    ['BSD-3-Clause', 6],
    ['MPL-2.0', 3],
    ['GPL-3.0-only', 3],
    ['AGPL-3.0-only', 2],
  ] as const),
  ...([
    ['BSD-2-Clause', 2],
    ['Unlicense', 1],
    ['CC-BY-4.0', 1],
    ['UNLICENSED', 2],
    [null, 5],
  ] as const),
]
const ranges: Weighted<string | null> = [
  [null, 70],
  ['^1.0.0', 10],
  ['>=1.2.0', 6],
  ['^2.0.0', 8],
  ['>=1.0.0 <3.0.0', 4],
  ['~2.1.0', 2],
]
const native = ['go', 'rust', 'c++', 'zig', 'c'] as const
const anywhere = ['typescript', 'python', 'go', 'java', 'rust', 'c#', 'ruby', 'php'] as const
const scripted = ['typescript', 'typescript', 'javascript'] as const
const languages: Partial<Record<ArtifactType, readonly [string, ...string[]]>> = {
  ...{ 'module-node': scripted, plugin: scripted, 'module-binary': native, 'module-wasm': ['rust', 'rust', 'assemblyscript', 'go'] },
  ...{ 'module-oci': anywhere, template: anywhere, agent: ['python', 'typescript'], model: ['python'], transformer: ['typescript'] },
}
const adjectives = ['fast', 'tiny', 'simple', 'typed', 'modern', 'robust', 'portable', 'declarative', 'composable', 'lightweight'] as const
const libraries = ['library', 'package', 'toolkit', 'module', 'framework'] as const
const programs = ['service', 'tool', 'image', 'program', 'solution'] as const
const places = [
  'in the browser',
  'on the server',
  'at the edge',
  'from the command line',
  'for large teams',
  'without dependencies',
] as const

function weighted<T>(seeded: Seeded, list: Weighted<T>): T {
  let left = seeded.below(list.reduce((sum, [, weight]) => sum + weight, 0))
  for (const [value, weight] of list) {
    left -= weight
    if (left < 0) return value
  }
  throw new Error('weights are positive')
}

export function makeArtifact(seeded: Seeded, { number, namespaces, users, taken }: World): CorpusArtifact {
  const type = weighted(seeded, types)
  const format = formatOf(type)
  const topic = topicOf(seeded, type)
  const inLibrary = format === 'npm' && seeded.chance(35)
  const namespace = (inLibrary ? undefined : namespaces[1 + seeded.rank(namespaces.length - 1)]) ?? namespaces[0]
  const createdAt = today - Math.floor((seeded.below(10_000) / 10_000) ** 2 * oldestDays + 1) * dayMs - seeded.below(dayMs)
  const downloads = seeded.size(1, 60_000_000) - 1
  const publisher = users[seeded.below(users.length)]?.id ?? ''
  const name = freeName(artifactName(seeded, topic, { type, format }), { prefix: `${namespace.id} ${format} `, taken })
  const versions = versionsOf(seeded, { number, format, createdAt })
  return {
    ...{ id: corpusId(3, number), namespace, name, format, type, createdAt, downloads },
    visibility: weighted(seeded, [
      ['inherit', 84],
      ['public', 6],
      ['private', 10],
    ]),
    ...(versions.length > 0 ? declared(seeded, topic, type) : undeclared(seeded, topic, type)),
    stars: Math.floor(downloads ** 0.45 * (seeded.below(100) / 100)),
    versions,
    publishedBy: publisher,
    grantedTo: seeded.chance(4) ? (users[seeded.below(users.length)]?.id ?? null) : null,
    isDeleted: seeded.chance(1),
  }
}

const nounsOf = (type: ArtifactType): readonly [string, ...string[]] =>
  type === 'module-node' || type === 'module-wasm' ? libraries : type.startsWith('module') ? programs : [type]

function topicOf(seeded: Seeded, type: ArtifactType): Topic {
  const isModel = type === 'model' || (type === 'agent' && seeded.chance(50))
  const models = topics.filter(({ key }) => key.endsWith('-models')) as [Topic, ...Topic[]]
  return isModel ? seeded.pick(models) : seeded.pick(topics)
}

function freeName(wanted: string, { prefix, taken }: { readonly prefix: string; readonly taken: Set<string> }): string {
  let name = wanted
  for (let next = 2; taken.has(prefix + foldName(name)); next += 1) name = `${wanted}-${next}`
  taken.add(prefix + foldName(name))
  return name
}

const declared = (seeded: Seeded, topic: Topic, type: ArtifactType) => ({
  ...textsOf(seeded, topic, type),
  language: seeded.chance(80) ? seeded.pick(languages[type] ?? anywhere) : null,
  license: weighted(seeded, licenses),
  gatiVersion: weighted(seeded, ranges),
})

/** Plain tags have no version that could say more than the labels do. */
const undeclared = (seeded: Seeded, topic: Topic, type: ArtifactType) => ({
  description: textsOf(seeded, topic, type).description,
  ...{ keywords: [], capabilities: [], language: null, license: null, gatiVersion: null },
})

function textsOf(seeded: Seeded, topic: Topic, type: ArtifactType): Pick<CorpusArtifact, 'description' | 'keywords' | 'capabilities'> {
  const one = (groups: readonly (readonly string[])[]) => seeded.pick(seeded.pick(groups as [string[]]) as [string])
  const { things, deeds } = topic
  const marker = seeded.chance(40) ? markers[seeded.rank(markers.length)] : undefined
  const sentences = [
    `${one(deeds)} ${one(things)} and ${one(things)} ${seeded.pick(places)}`,
    ...(seeded.chance(60) ? [`A ${seeded.pick(adjectives)} ${seeded.pick(nounsOf(type))} that ${one(deeds)} ${one(things)}`] : []),
    ...(seeded.chance(25) ? [`Also ${one(seeded.pick(topics).deeds)} ${one(things)}`] : []),
    ...(marker ? [`Made for ${marker}`] : []),
  ]
  const words = [topic.key, ...topic.parts.filter(() => seeded.chance(30)), ...things.flat().filter(() => seeded.chance(10))]
  return {
    description: `${sentences.map((text) => text[0]?.toUpperCase() + text.slice(1)).join('. ')}.`,
    keywords: seeded.chance(85) ? [...new Set(words)] : [],
    capabilities: seeded.chance(50) ? topic.capabilities.filter(() => seeded.chance(70)) : [],
  }
}

interface Release {
  readonly number: number
  readonly format: ArtifactFormat
  readonly createdAt: number
}

function versionsOf(seeded: Seeded, { number, format, createdAt }: Release): CorpusVersion[] {
  if (format === 'oci' && seeded.chance(25)) return []
  const count = seeded.chance(55) ? 1 : seeded.size(1, 24)
  const fate = weighted(seeded, [
    [undefined, 95],
    ['yanked', 2],
    ['quarantined', 1],
    ['deleted', 2],
  ] as const)
  const lifeMs = today - createdAt
  let [major, minor] = [seeded.chance(40) ? 0 : 1, 0]
  return Array.from({ length: count }, (_, at) => {
    if (at > 0 && seeded.chance(10)) [major, minor] = [major + 1, 0]
    else minor += 1
    const state = fate ?? (at < count - 1 && seeded.chance(3) ? 'yanked' : seeded.chance(3) ? 'deprecated' : 'published')
    const version = `${major}.${minor}.${seeded.below(9)}${at === count - 1 && seeded.chance(4) ? '-rc.1' : ''}`
    return { id: corpusId(4, number * 32 + at), version, state, publishedAt: createdAt + Math.floor((lifeMs * at) / count) }
  })
}
