// How long semantic searches take among many artifacts, and how good they are on the list of paraphrases, with the local method or an endpoint:
//   npm run bench -- semantic-search
//   EMBEDDING_URL=http://127.0.0.1:11434/v1 EMBEDDING_MODEL=… EMBEDDING_DIMENSIONS=… npm run bench -- semantic-search

import { MeaningUpkeep } from '../src/modules/search/semantic/meaning-upkeep.ts'
import { anonymous } from '../src/shared/kernel/principal.ts'
import { fillCorpus } from '../test/modules/search/fill-corpus.ts'
import { openSearch } from '../test/modules/search/open-search.ts'
import { corpus } from '../test/modules/search/paraphrase-corpus.ts'
import { ndcg, paraphrases } from '../test/modules/search/paraphrase-queries.ts'

const { EMBEDDING_URL: url = '', EMBEDDING_KEY: key = '', EMBEDDING_MODEL: model, EMBEDDING_DIMENSIONS: dimensions } = process.env
const count = Number(process.env['ARTIFACTS'] ?? 100_000)
const settings = {
  ...(url !== '' && { embeddingUrl: url, embeddingKey: key }),
  ...(model !== undefined && { embeddingModel: model }),
  ...(dimensions !== undefined && { embeddingDimensions: Number(dimensions) }),
}

await using registry = await openSearch({
  settings: { search: settings },
  kernel: { ...(url !== '' && { outboundAllow: [new URL(url).hostname] }) },
})
const { sql, kernel, names, find } = registry
await fillCorpus(registry)

const quality = async (semantic: boolean): Promise<string> => {
  let sum = 0
  for (const { text, gains } of paraphrases) sum += ndcg(await names(anonymous, text, { semantic, limit: 10 }), gains)
  return (sum / paraphrases.length).toFixed(3)
}
const { semantic } = await find(anonymous, 'fix typos', { semantic: true })
process.stdout.write(`model ${semantic?.model}, available ${semantic?.available}\n`)
process.stdout.write(`nDCG@10 of ${paraphrases.length} paraphrases: keywords ${await quality(false)}, hybrid ${await quality(true)}\n`)

const words = corpus.map(({ description, keywords }) => [...description.split(' '), ...keywords])
const texts = Array.from({ length: count }, (_, at) => {
  const [one = [], other = []] = [words[at % words.length], words[(at * 7 + Math.floor(at / words.length)) % words.length]]
  return [...one.filter((_word, place) => (place + at) % 3 > 0), ...other.filter((_word, place) => (place + at) % 2 > 0)].join(' ')
})
await sql`insert into artifacts (id, namespace_id, name, format, type)
  select gen_random_uuid(), '01900000-0000-7000-8000-000000000001', 'item-' || i, 'generic', 'module-binary' from generate_series(1, ${count}::int) i`
await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
  select gen_random_uuid(), id, '1.0.0', '1', false, 'published', 'sha256:0', 1, '{}' from artifacts where name like 'item-%'`
await sql`insert into search_documents (artifact_id, namespace, name, description, keywords, rev, source_updated_at, document, version, form)
  select a.id, 'library', a.name, t.text, '{}', a.rev, a.updated_at, to_tsvector('english', t.text), '1.0.0', 1
  from unnest(${texts}::text[]) with ordinality t (text, i) join artifacts a on a.name = 'item-' || t.i`
await sql`insert into search_standings select artifact_id, 0, 0, now(), now(), 0.3 from search_documents on conflict do nothing`
const started = performance.now()
while ((await kernel.resolve(MeaningUpkeep).catchUp(new AbortController().signal)) > 0);
process.stdout.write(`${((performance.now() - started) / count).toFixed(2)} ms for the vector and declarations of a document\n`)
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
