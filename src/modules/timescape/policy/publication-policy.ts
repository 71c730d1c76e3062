import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Publication, PublicationPolicy } from '../../metadata/publications.contract.ts'
import { verdictOf } from '../diff/bumps.ts'
import { compareSymbols } from '../diff/compare-symbols.ts'
import { BreakingChangeUndeclared } from '../errors.ts'
import { standingOf } from '../graph/node.ts'
import { symbolsOf } from '../gtype/symbols.ts'
import type { PolicyService } from './policies.service.ts'

interface Lower {
  readonly version: string
  readonly gtypes: unknown
}

/**
 * Under `block`, a version that breaks what its number does not say is refused before it exists. Types alone are looked at: they are at hand, and
 * comparing them takes milliseconds. What is in the files is told by the graph afterwards.
 */
export function createPublicationPolicy(policies: PolicyService, database: Database): PublicationPolicy {
  return {
    name: 'timescape',
    prepare: (located) => policies.prepare(located),
    async concerns({ located, version, metadata }) {
      return version !== null && metadata !== undefined && located.held !== 'new' && (await policies.effective(located)) === 'block'
    },
    async review({ located, version, metadata }: Publication) {
      if (version === null || !metadata) return null
      const of = { artifactId: located.artifact.id, version }
      // What is held back will mostly be there first. If it is never let go, what takes its changes back breaks nothing.
      const broken = breakOf(await lowerVersion(database, of, ['pending', ...seenStates]), { version, metadata })
      if (!broken) return null
      const seen = await lowerVersion(database, of, seenStates)
      if (seen && !breakOf(seen, { version, metadata })) return null
      throw new BreakingChangeUndeclared(broken)
    },
  }
}

function breakOf(lower: Lower | undefined, { version, metadata }: { version: string; metadata: Readonly<Record<string, unknown>> }) {
  if (!lower) return undefined
  const changes = compareSymbols(symbolsOf({ gtypes: lower.gtypes }), symbolsOf(metadata))
  const { declared, undeclared, type } = verdictOf({ from: lower.version, to: version }, changes)
  if (type !== 'breaking' || !undeclared) return undefined
  return { from: lower.version, to: version, declared: declared ?? 'none', changes: changes.filter(({ bump }) => bump === 'major') }
}

const seenStates = ['published', 'deprecated', 'yanked'] as const

/** The parent the version will have, from the versions themselves: the graph follows a moment behind them. */
async function lowerVersion(
  database: Database,
  { artifactId, version }: { readonly artifactId: string; readonly version: string },
  states: readonly string[],
): Promise<Lower | undefined> {
  const { sortKey, major, prerelease } = standingOf(version)
  if (major === null) return undefined
  const line = `${String(major).padStart(16, '0')}.`
  const lower = sql`artifact_id = ${artifactId} and state = any(${[...states]}::text[]) and sort_key <> ''
    and sort_key < ${sortKey}::text collate "C"`
  const own = sql`${lower} and sort_key > ${line}::text collate "C"`
  const order = sql`order by sort_key desc, version desc limit 1`
  for (const where of [prerelease ? own : sql`${own} and not prerelease`, sql`${lower} and not prerelease`, lower]) {
    const [found] = await database.sql<Lower>`select version, metadata->'gtypes' as gtypes from versions where ${where} ${order}`
    if (found) return found
  }
  return undefined
}
