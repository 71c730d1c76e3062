import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'
import type { ArtifactRef } from './contract.ts'

interface RepositoryPage {
  readonly last?: Pick<ArtifactRef, 'namespace' | 'name'>
  readonly limit: number
}

/**
 * Repositories with content that the caller may see, by namespace and name. What is seen of a namespace is a set of visibilities, and the index
 * `artifacts_repositories_index` has each of them in the order of names: no page reads what it does not show, whoever asks.
 */
export function repositoriesQuery({ everything, accountIds, artifactIds }: Sight, { last, limit }: RepositoryPage) {
  const namespace = last?.namespace ?? ''
  const name = last?.name ?? ''
  const own = sql`n.account_id is null or ${everything}::boolean or n.account_id = any(${accountIds}::uuid[])`
  return sql`
    select namespace, name from (
      (select n.name as namespace, r.name from namespaces n
        cross join lateral unnest(case when ${own} then array['inherit', 'public', 'private']
          when n.visibility = 'public' then array['inherit', 'public'] else array['public'] end) as seen (visibility)
        cross join lateral (select a.name from artifacts a
          where a.namespace_id = n.id and a.visibility = seen.visibility and a.format = 'oci' and a.has_manifests and a.state = 'active'
            and a.name > case when n.name = ${namespace}::text then ${name}::text else '' end
          order by a.name limit ${limit}) r
        where n.name >= ${namespace}::text and n.state = 'active'
        order by n.name, r.name limit ${limit})
      union
      (select n.name, a.name from artifacts a join namespaces n on n.id = a.namespace_id
        where a.id = any(${artifactIds}::uuid[]) and a.format = 'oci' and a.has_manifests and a.state = 'active' and n.state = 'active'
          and (n.name, a.name) > (${namespace}::text, ${name}::text)
        order by n.name, a.name limit ${limit})
    ) as visible order by namespace, name limit ${limit}`
}
