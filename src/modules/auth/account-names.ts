import { foldName } from '../../shared/types/artifact-name.ts'
import { parseNamespace, reservedNamespaces } from '../../shared/types/namespace-name.ts'
import { NameInvalid, NameReserved } from './errors.ts'

/** Names with the same fold look alike (D-14). */
export const accountFold = (name: string): string => foldName(name)

const reservedFolds: ReadonlySet<string> = new Set([...reservedNamespaces].map(accountFold))

/** The canonical name of an account. Throws NameInvalid. */
export function accountName(text: string): string {
  const name = parseNamespace(text)
  if (name === undefined) throw new NameInvalid()
  return name
}

/** For a new account. Throws NameInvalid, and NameReserved also for what looks like a reserved name. */
export function newAccountName(text: string): string {
  const name = accountName(text)
  if (reservedFolds.has(accountFold(name))) throw new NameReserved(name)
  return name
}
