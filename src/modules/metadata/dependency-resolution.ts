import type { Database } from '../../shared/kernel/database.ts'
import type { Located } from './contract.ts'

type Metadata = Readonly<Record<string, unknown>>
type Dependency = Readonly<Record<string, unknown>> & { readonly name: string }

/**
 * Stores dependencies resolved (design.md §5 decision 9): one without a namespace means the artifact's own namespace, or `library` when only
 * that has the name. Unknown ones stay in the own namespace, so that nobody can take such a name over later.
 */
export async function resolveDependencies(database: Database, { namespace }: Located, metadata: Metadata): Promise<Metadata> {
  const { dependencies } = metadata
  if (!Array.isArray(dependencies)) return metadata
  const names = dependencies.filter(isUnresolved).map(({ name }) => name)
  if (names.length === 0) return metadata
  const rows = await database.sql<{ name: string }>`select a.name from artifacts a join namespaces n on n.id = a.namespace_id
    where a.name = any(${names}::text[]) and a.state = 'active' and (n.id = ${namespace.id} or n.name = 'library')
    group by a.name having bool_and(n.name = 'library')`
  const inLibrary = new Set(rows.map(({ name }) => name))
  const resolve = (dependency: unknown): unknown =>
    isUnresolved(dependency) ? { ...dependency, namespace: inLibrary.has(dependency.name) ? 'library' : namespace.name } : dependency
  return { ...metadata, dependencies: dependencies.map(resolve) }
}

function isUnresolved(value: unknown): value is Dependency {
  if (typeof value !== 'object' || value === null || 'namespace' in value) return false
  return 'name' in value && typeof value.name === 'string' && !value.name.includes('/') && !value.name.includes('\0')
}
