import { anonymous } from '../../../src/shared/kernel/principal.ts'
import type { openSearch } from './open-search.ts'
import { corpus } from './paraphrase-corpus.ts'
import { ndcg, paraphrases } from './paraphrase-queries.ts'

/** nDCG@10, the average of all paraphrases. */
export interface ParaphraseScores {
  readonly keywords: number
  /** The search by words wants all of them: what any of them would find is the harder thing to beat. */
  readonly anyWord: number
  readonly hybrid: number
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Of a registry with the corpus in it. */
export async function paraphraseScores({
  names,
  sql,
}: Pick<Awaited<ReturnType<typeof openSearch>>, 'names' | 'sql'>): Promise<ParaphraseScores> {
  const scores = async (semantic: boolean) => {
    const all: number[] = []
    // One after the other: a search waits a second for its model, and that many at once are a queue.
    for (const { text, gains } of paraphrases) all.push(ndcg(await names(anonymous, text, { semantic, limit: 10 }), gains))
    return average(all)
  }
  const anyWord = await Promise.all(
    paraphrases.map(async ({ text, gains }) => {
      const words = text.match(/\w+/g)?.join(' | ') ?? ''
      const rows = await sql<{ name: string }>`select name from search_documents where document @@ to_tsquery('english', ${words})
        order by ts_rank('{0.1, 0.2, 0.5, 1.0}', document, to_tsquery('english', ${words}), 32) desc, artifact_id limit 10`
      return ndcg(
        rows.map(({ name }) => name),
        gains,
      )
    }),
  )
  return { keywords: await scores(false), anyWord: average(anyWord), hybrid: await scores(true) }
}

export const described = ({ keywords, anyWord, hybrid }: ParaphraseScores, model: string): string =>
  `nDCG@10 of ${paraphrases.length} paraphrases among ${corpus.length}: keywords ${keywords.toFixed(3)}, any of the words ${anyWord.toFixed(3)}, hybrid (${model}) ${hybrid.toFixed(3)}\n`
