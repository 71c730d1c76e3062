import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { Accounts } from '../auth/contract.ts'
import type { TagChange, Version, VersionState, VersionSummary } from './contract.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const State = Type.Unsafe<VersionState>({
  type: 'string',
  enum: ['pending', 'published', 'deprecated', 'yanked', 'quarantined', 'deleted'],
})

export const VersionSummaryView = Type.Object({
  id: Type.String(),
  version: Type.String(),
  state: State,
  /** Why it is yanked, deprecated or quarantined. */
  stateReason: Text,
  manifestDigest: Type.String(),
  sizeBytes: Type.Integer(),
  /** A username; null when the user is gone. */
  publishedBy: Text,
  publishedAt: Type.String(),
})
export type VersionSummaryView = Static<typeof VersionSummaryView>

export const VersionView = Type.Composite([
  VersionSummaryView,
  Type.Object({ metadata: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true }) }),
])
export type VersionView = Static<typeof VersionView>

export async function viewVersions(accounts: Accounts, versions: readonly VersionSummary[]): Promise<VersionSummaryView[]> {
  const names = await namesOf(
    accounts,
    versions.map(({ publishedBy }) => publishedBy),
  )
  return versions.map(({ artifactId: _, publishedBy, ...version }) => ({ ...version, publishedBy: names(publishedBy) }))
}

export async function viewVersion(accounts: Accounts, version: Version): Promise<VersionView> {
  const { artifactId: _, publishedBy, ...rest } = version
  return { ...rest, publishedBy: (await namesOf(accounts, [publishedBy]))(publishedBy) }
}

export async function viewTagChanges(accounts: Accounts, changes: readonly TagChange[]): Promise<TagChange[]> {
  const names = await namesOf(
    accounts,
    changes.map(({ changedBy }) => changedBy),
  )
  return changes.map((change) => ({ ...change, changedBy: names(change.changedBy) }))
}

/** Everything else about a version never changes. */
export const versionEtag = ({ id, state, stateReason }: Version): string =>
  `"${createHash('sha256')
    .update(JSON.stringify([id, state, stateReason]))
    .digest('base64url')}"`

async function namesOf(accounts: Accounts, ids: readonly (string | null)[]): Promise<(id: string | null) => string | null> {
  const known = [...new Set(ids.flatMap((id) => id ?? []))]
  const found = known.length > 0 ? await accounts.byIds(known) : new Map<string, { readonly name: string }>()
  return (id) => (id === null ? null : (found.get(id)?.name ?? null))
}
