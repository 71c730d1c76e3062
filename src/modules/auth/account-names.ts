import { foldName } from '../../shared/types/artifact-name.ts'
import { parseNamespace, reservedNamespaces } from '../../shared/types/namespace-name.ts'
import type { ReservedNames } from './contract.ts'
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

/** Names that no new account gets: those that routes and formats have, and what other modules reserve at their start. */
export class NewAccountNames implements ReservedNames {
  readonly #reserved = new Set(reservedFolds)

  reserve(name: string): void {
    this.#reserved.add(accountFold(name))
  }

  /** The canonical name of a new account. Throws NameInvalid, and NameReserved also for what looks like a reserved name. */
  parse(text: string): string {
    const name = accountName(text)
    if (this.#reserved.has(accountFold(name))) throw new NameReserved(name)
    return name
  }
}
