import type { Database } from '../../../shared/kernel/database.ts'
import type { DeclaredDependencies, Declaring, Dependency } from '../dependencies.contract.ts'
import { dependenciesOf } from './dependencies.ts'

/**
 * Design.md §5 decision 9 for references that name no namespace: the own one where it has the name, else `library` where that has it, else the own
 * one, so that nobody can take such a name over later.
 */
export async function declaredBy(database: Database, declaring: readonly Declaring[]): Promise<ReadonlyMap<string, readonly Dependency[]>> {
  const read = declaring.map(({ id, namespace, metadata }) => [id, dependenciesOf(metadata, namespace)] as const)
  const names = new Set(read.flatMap(([, found]) => found.filter(({ isUnplaced }) => isUnplaced).map(({ name }) => name)))
  if (names.size === 0) return new Map(read)
  const rows = await database.sql<{ namespace: string; name: string }>`select n.name as namespace, a.name
    from artifacts a join namespaces n on n.id = a.namespace_id
    where a.name = any(${[...names]}::text[]) and a.state = 'active' and n.name = any(${['library', ...declaring.map((one) => one.namespace)]}::text[])`
  const here = new Set(rows.map(({ namespace, name }) => `${namespace}/${name}`))
  const place = ({ isUnplaced, ...one }: Dependency): Dependency =>
    isUnplaced && !here.has(`${one.namespace}/${one.name}`) && here.has(`library/${one.name}`) ? { ...one, namespace: 'library' } : one
  return new Map(read.map(([id, found]) => [id, oncePerName(found.map(place))]))
}

/** Placing may give two references one name. */
const oncePerName = (found: readonly Dependency[]): readonly Dependency[] => [
  ...new Map(found.map((one) => [`${one.namespace}/${one.name}`, one])).values(),
]

export const createDeclaredDependencies = (database: Database): DeclaredDependencies => ({
  of: (declaring) => declaredBy(database, declaring),
})
