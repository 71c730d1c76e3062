import { parseArtifactName } from '../../shared/types/artifact-name.ts'
import { parseNamespace } from '../../shared/types/namespace-name.ts'

/** A package as the catalog knows it; `library` holds the unscoped ones (design.md §2). */
export interface PackageRef {
  readonly namespace: string
  readonly name: string
  readonly format: 'npm'
}

/** `left-pad` or `@acme/widget`, decoded. `undefined` for what no package can be called, `@library/…` among it. */
export function parsePackageName(text: string): PackageRef | undefined {
  const scoped = text.startsWith('@')
  const slash = text.indexOf('/')
  if (scoped !== slash > 0) return undefined
  const namespace = scoped ? text.slice(1, slash) : 'library'
  if (scoped && (namespace === 'library' || parseNamespace(namespace) !== namespace)) return undefined
  const name = parseArtifactName('npm', scoped ? text.slice(slash + 1) : text, namespace)
  return name === undefined ? undefined : { namespace, name, format: 'npm' }
}

/** The one spelling that answers use; `parsePackageName` reads it back. */
export const packageText = ({ namespace, name }: Pick<PackageRef, 'namespace' | 'name'>): string =>
  namespace === 'library' ? name : `@${namespace}/${name}`
