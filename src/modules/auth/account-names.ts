import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
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

/** Names that new accounts may have: none of those that routes and formats have, and what other modules guard only from an administrator. */
export class NewAccountNames implements ReservedNames {
  readonly #guards: ((name: string) => void)[] = []

  guard(guard: (name: string) => void): void {
    this.#guards.push(guard)
  }

  /** The canonical name. Throws NameInvalid, NameReserved also for what looks like a reserved name, and what guards throw. */
  parse(text: string, caller: Principal): string {
    const name = accountName(text)
    if (reservedFolds.has(accountFold(name))) throw new NameReserved(name)
    if (!isRegistryAdmin(caller)) for (const guard of this.#guards) guard(name)
    return name
  }
}
