import { type RawBuilder, sql } from 'kysely'
import type { Candidates, DriverQuery } from '../search-driver.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'

type Fragment = RawBuilder<unknown>

/** A trigram index finds nothing shorter inside of a name. */
const minInnerLength = 3

/** What a text and candidates mean for a row of `search_documents d`. */
export interface Match {
  readonly condition: Fragment
  /** 0 to 1. */
  readonly score: Fragment
  readonly tier: Fragment
  /** Follows `search_documents d`. */
  readonly joins: Fragment
}

export function matchOf({ text, candidates = [] }: DriverQuery): Match {
  const words = text ? textMatch(text) : undefined
  const only = candidates.filter(({ mode }) => mode === 'only' || !words)
  const also = candidates.filter(({ mode }) => mode === 'also' && words)
  const scores = candidates.map((_, at) => sql`(1 - coalesce(${sql.ref(`c${at}.score`)}, 0))`)
  const own = words?.score ?? sql`${sql.lit(candidates.length > 0 ? 0 : 1)}::float8`
  return {
    condition: sql.join(
      [
        ...(words
          ? [sql`(${sql.join([words.condition, ...also.map((one) => sql`d.artifact_id = any(${idsOf(one)}::uuid[])`)], sql` or `)})`]
          : []),
        ...only.map((one) => sql`d.artifact_id = any(${idsOf(one)}::uuid[])`),
        sql`true`,
      ],
      sql` and `,
    ),
    score: scores.length === 0 ? own : sql`(1 - (1 - ${own}) * ${sql.join(scores, sql` * `)})`,
    tier: words?.tier ?? sql`1`,
    joins: sql.join(
      candidates.map(
        (one, at) => sql`left join unnest(${idsOf(one)}::uuid[], ${[...one.scores.values()]}::float8[]) as ${sql.ref(`c${at}`)} (id, score)
          on ${sql.ref(`c${at}.id`)} = d.artifact_id`,
      ),
      sql` `,
    ),
  }
}

const idsOf = ({ scores }: Candidates): readonly string[] => [...scores.keys()]

function textMatch(text: SearchText) {
  const words = tsqueryOf(text)
  const inside = `${text.name.length >= minInnerLength ? '%' : ''}${likeLiterally(text.name)}%`
  // How much of the name was typed, for a match that is no whole word.
  const share = sql`case when d.name like ${inside} then ${text.name.length}::float8 / length(d.name) else 0 end`
  // A name that begins with the beginning of a word has that word, so that the words say the same; and so short a beginning no index of names finds.
  const inName = text.name.length < minInnerLength && text.prefixes !== '' ? sql`` : sql`or d.name like ${inside}`
  return {
    condition: sql`d.document @@ ${wantedQueryOf(text)} ${inName} ${begins(text)}`,
    score: sql`least(1, greatest(ts_rank('{0.1, 0.2, 0.5, 1.0}', d.document, ${words}, 32), ${share}))`,
    tier: tierOf(text),
  }
}

/** Whole words by their stem, or the beginnings of words as they are written. */
export function tsqueryOf({ words, prefixes }: SearchText): Fragment {
  const written = prefixes === '' ? sql`plainto_tsquery('simple', ${words})` : sql`to_tsquery('simple', ${prefixes})`
  return sql`(plainto_tsquery('english', ${words}) || ${written})`
}

/** Matches what `tsqueryOf` matches: a word that is its own stem begins with itself, and would be read from the index twice. */
const wantedQueryOf = (text: SearchText): Fragment =>
  text.prefixes === ''
    ? tsqueryOf(text)
    : sql`case when plainto_tsquery('english', ${text.words})::text = plainto_tsquery('simple', ${text.words})::text
        then to_tsquery('simple', ${text.prefixes}) else ${tsqueryOf(text)} end`

/** The ways in which a row of `search_documents d` can be named by the text. */
export function isNamed({ name, scoped }: SearchText) {
  const inNamespace = scoped && sql`d.namespace = ${scoped.namespace}`
  return {
    ...{ name, begins: `${likeLiterally(name)}%` },
    scoped: scoped && sql`(${inNamespace} and d.name = ${scoped.name})`,
    scopedBegins: scoped && sql`(${inNamespace} and d.name like ${`${likeLiterally(scoped.name)}%`})`,
  }
}

const begins = (text: SearchText): Fragment => {
  const { scopedBegins } = isNamed(text)
  return scopedBegins ? sql`or ${scopedBegins}` : sql``
}

function tierOf(text: SearchText): Fragment {
  const { name, begins: beginning, scoped } = isNamed(text)
  return sql`case when d.name = ${name} ${scoped ? sql`or ${scoped}` : sql``} then 3 when d.name like ${beginning} ${begins(text)} then 2 else 1 end`
}

/** Of `search_documents d`: something else than words found it. */
export const alsoFound = ({ candidates = [] }: DriverQuery): Fragment =>
  sql.join(
    [sql`false`, ...candidates.filter(({ mode }) => mode === 'also').map((one) => sql`d.artifact_id = any(${idsOf(one)}::uuid[])`)],
    sql` or `,
  )
