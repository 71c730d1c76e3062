import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'

type Fragment = RawBuilder<unknown>

const columns = sql`a.id as "artifactId", d.namespace, d.name`
const rows = sql`search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
  join search_standings s on s.artifact_id = d.artifact_id`

/** Names that begin with the text, or with the name in `namespace/name`. */
export function suggestedNames(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment {
  const begins = scoped
    ? sql`d.namespace = ${scoped.namespace} and d.name like ${`${likeLiterally(scoped.name)}%`}`
    : sql`d.name like ${`${likeLiterally(name)}%`}`
  return sql`select ${columns} from ${rows} where ${begins} and ${visibleArtifacts(sight)}
    order by d.name = ${scoped?.name ?? name} desc, s.relevance desc, d.artifact_id limit ${limit}`
}

/** Shorter texts are like too many names. */
const minFuzzyLength = 4

export function suggestedSimilar(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment | undefined {
  const typed = scoped?.name ?? name
  if (typed.length < minFuzzyLength) return undefined
  return sql`select ${columns} from ${rows} where d.name % ${typed} and ${visibleArtifacts(sight)}
    order by similarity(d.name, ${typed}) desc, s.relevance desc, d.artifact_id limit ${limit}`
}
