import type { openSearch } from './open-search.ts'
import { type CorpusItem, corpus } from './paraphrase-corpus.ts'

type Search = Awaited<ReturnType<typeof openSearch>>

/** The corpus as packages of the library, with documents, vectors and declarations. */
export async function fillCorpus({ sql, search, settled }: Pick<Search, 'sql' | 'search' | 'settled'>): Promise<void> {
  const items = corpus.map((item: CorpusItem, at) => ({ id: idOf(at), ...item, metadata: { ...item, version: '1.0.0' } }))
  await sql`insert into artifacts (id, namespace_id, name, format, type)
    select id, '01900000-0000-7000-8000-000000000001', name, 'npm', 'module-node'
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as r (id uuid, name text)`
  await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata, published_at)
    select gen_random_uuid(), id, '1.0.0', '1', false, 'published', 'sha256:0', 1, metadata, now()
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as r (id uuid, metadata jsonb)`
  await search.rebuild()
  await settled()
}

const idOf = (at: number): string => `${(at + 1).toString(16).padStart(8, '0')}-0000-7000-8000-00000000c0de`
