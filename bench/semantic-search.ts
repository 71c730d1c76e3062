// How long semantic searches take among many artifacts, and how good they are on the list of paraphrases, with the local method or an endpoint:
//   npm run bench -- semantic-search
//   EMBEDDING_URL=http://127.0.0.1:11434/v1 EMBEDDING_MODEL=… EMBEDDING_DIMENSIONS=… npm run bench -- semantic-search

import { sql as fragment } from 'kysely'
import { MeaningUpkeep } from '../src/modules/search/semantic/meaning-upkeep.ts'
import { anonymous } from '../src/shared/kernel/principal.ts'
import { fillCorpus } from '../test/modules/search/fill-corpus.ts'
import { openSearch } from '../test/modules/search/open-search.ts'
import { corpus } from '../test/modules/search/paraphrase-corpus.ts'
import { paraphrases } from '../test/modules/search/paraphrase-queries.ts'
import { described, paraphraseScores } from '../test/modules/search/paraphrase-scores.ts'

const { EMBEDDING_URL: url = '', EMBEDDING_KEY: key = '', EMBEDDING_MODEL: model, EMBEDDING_DIMENSIONS: dimensions } = process.env
const count = Number(process.env['ARTIFACTS'] ?? 100_000)
const settings = {
  ...(url !== '' && { embeddingUrl: url, embeddingKey: key }),
  ...(model !== undefined && { embeddingModel: model }),
  ...(dimensions !== undefined && { embeddingDimensions: Number(dimensions) }),
}

await using registry = await openSearch({
  settings: { search: settings },
  kernel: { statementTimeoutMs: 600_000, ...(url !== '' && { outboundAllow: [new URL(url).hostname] }) },
})
const { sql, kernel, find } = registry
await fillCorpus(registry)

const { semantic } = await find(anonymous, 'fix typos', { semantic: true })
process.stdout.write(`model ${semantic?.model}, available ${semantic?.available}\n`)
process.stdout.write(described(await paraphraseScores(registry), semantic?.model ?? ''))

const words = corpus.map(({ description, keywords }) => [...description.split(' '), ...keywords])
const pool = Array.from({ length: 2_000 }, (_, at) => {
  const [one = [], other = []] = [words[at % words.length], words[(at * 7 + Math.floor(at / words.length)) % words.length]]
  return [...one.filter((_word, place) => (place + at) % 3 > 0), ...other.filter((_word, place) => (place + at) % 2 > 0)].join(' ')
})
/** Documents of the pool's texts; the first of each text is embedded, the others are given copies of its vector. */
const fill = async (from: number, until: number): Promise<void> => {
  await sql`insert into artifacts (id, namespace_id, name, format, type)
    select gen_random_uuid(), '01900000-0000-7000-8000-000000000001', 'item-' || i, 'generic', 'module-binary'
    from generate_series(${from}::int, ${until - 1}::int) i`
  await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
    select gen_random_uuid(), a.id, '1.0.0', '1', false, 'published', 'sha256:0', 1, '{}'
    from generate_series(${from}::int, ${until - 1}::int) i join artifacts a on a.name = 'item-' || i`
  await sql`insert into search_documents (artifact_id, namespace, name, description, keywords, rev, source_updated_at, document, version, form,
      is_shown, is_public)
    select a.id, 'library', a.name, t.text, '{}', a.rev, a.updated_at, to_tsvector('english', t.text), '1.0.0', 2, true, true
    from generate_series(${from}::int, ${until - 1}::int) i join artifacts a on a.name = 'item-' || i
      join unnest(${pool}::text[]) with ordinality t (text, place) on t.place = i % ${pool.length}::int + 1`
}
await fill(0, pool.length)
const started = performance.now()
await kernel.resolve(MeaningUpkeep).catchUp(new AbortController().signal)
process.stdout.write(`${((performance.now() - started) / pool.length).toFixed(2)} ms for the vector and declarations of a document\n`)
for (let at = pool.length; at < count; at += 10_000) await fill(at, Math.min(count, at + 10_000))
await sql`insert into search_standings select artifact_id, 0, 0, now(), now(), 0.3 from search_documents on conflict do nothing`
const copied = fragment`search_documents d join search_documents p on p.name = 'item-' || (case when d.name like 'item-%' then substr(d.name, 6)::int end) % ${pool.length}::int and p.artifact_id <> d.artifact_id`
await sql`insert into search_vectors select d.artifact_id, v.model, v.source, v.scale, v.vector from ${copied} join search_vectors v on v.artifact_id = p.artifact_id
  where d.name like 'item-%' on conflict do nothing`
await sql`insert into search_sketches select d.artifact_id, v.model, v.sketch from ${copied} join search_sketches v on v.artifact_id = p.artifact_id
  where d.name like 'item-%' on conflict do nothing`
await sql`analyze`

const times = async (ask: (text: string) => Promise<unknown>): Promise<string> => {
  const taken: number[] = []
  for (let round = 0; round < 3; round += 1)
    for (const { text } of paraphrases) {
      const at = performance.now()
      await ask(text)
      taken.push(performance.now() - at)
    }
  taken.sort((one, other) => one - other)
  const share = (of: number) => (taken[Math.floor(taken.length * of)] ?? 0).toFixed(1)
  return `p50 ${share(0.5)} ms, p95 ${share(0.95)} ms`
}
process.stdout.write(`among ${count}: keywords ${await times((text) => find(anonymous, text, { limit: 20 }))}\n`)
process.stdout.write(`among ${count}: hybrid ${await times((text) => find(anonymous, text, { semantic: true, limit: 20 }))}\n`)
const narrow = { semantic: true, limit: 20, type: ['module-node' as const] }
process.stdout.write(`among ${count}, of a type that few have: hybrid ${await times((text) => find(anonymous, text, narrow))}\n`)
