import { Value } from '@sinclair/typebox/value'
import { sql } from 'kysely'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import { foldName } from '../../shared/types/artifact-name.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Account, Accounts } from '../auth/contract.ts'
import { type Artifact, type Namespace, NamespaceSettings } from './contract.ts'
import { NameConfusable } from './errors.ts'

export interface DirectoryDeps {
  readonly database: Database
  readonly accounts: Accounts
  readonly caches: LocalCaches
}

/** Absent settings are answered with their defaults. */
export const withDefaults = (stored: unknown): NamespaceSettings =>
  Value.Default(NamespaceSettings, Value.Clone(stored)) as NamespaceSettings

const namespaceColumns = sql`id, name, account_id as "accountId", visibility, settings, created_at as "createdAt"`

/** Columns of `Artifact`, from `artifacts a join namespaces n`. */
export const artifactColumns = sql`a.id, a.namespace_id as "namespaceId", n.name as namespace, a.name, a.format, a.type, a.visibility, a.description, a.rev,
  a.publish_factor as "publishFactor",
  a.created_at as "createdAt", a.updated_at as "updatedAt"`

/** Rows by name, without any question of rights. */
export class Directory {
  readonly #database: Database
  readonly #accounts: Accounts
  readonly #namespaces: LocalCache<Namespace>
  readonly #artifacts: LocalCache<readonly Artifact[]>

  constructor({ database, accounts, caches }: DirectoryDeps, ttlMs: number) {
    this.#database = database
    this.#accounts = accounts
    this.#namespaces = caches.create({ name: 'metadata.namespaces', maxEntries: 10_000, ttlMs })
    this.#artifacts = caches.create({ name: 'metadata.artifacts', maxEntries: 50_000, ttlMs })
  }

  namespace(name: string): Promise<Namespace | undefined> {
    return this.#namespaces.get(name, () => this.#loadNamespace(name))
  }

  /** One artifact per format. */
  async artifacts(namespaceId: string, name: string): Promise<readonly Artifact[]> {
    const found = await this.#artifacts.get(artifactKey(namespaceId, name), async () => {
      const rows = await this.currentArtifacts(namespaceId, name)
      return rows.length > 0 ? rows : undefined
    })
    return found ?? []
  }

  /** `artifacts`, and the formats in which another name could be taken for this one; those may be left out when there are artifacts. */
  async neighbours(
    namespaceId: string,
    name: string,
  ): Promise<{ readonly artifacts: readonly Artifact[]; readonly confusable: readonly string[] }> {
    let confusable: string[] = []
    const artifacts = await this.#artifacts.get(artifactKey(namespaceId, name), async () => {
      const rows = await this.#database.sql<Artifact & { readonly state: string }>`select ${artifactColumns}, a.state
        from artifacts a join namespaces n on n.id = a.namespace_id
        where a.namespace_id = ${namespaceId} and a.folded = ${foldName(name)} order by a.format`
      confusable = rows.filter((row) => row.name !== name).map(({ format }) => format)
      const own = rows.filter((row) => row.name === name && row.state === 'active').map(({ state: _, ...artifact }) => artifact)
      return own.length > 0 ? own : undefined
    })
    return { artifacts: artifacts ?? [], confusable }
  }

  /** Past the cache: what this transaction itself wrote. */
  currentArtifacts(namespaceId: string, name: string): Promise<readonly Artifact[]> {
    return this.#database.sql<Artifact>`select ${artifactColumns} from artifacts a join namespaces n on n.id = a.namespace_id
      where a.namespace_id = ${namespaceId} and a.name = ${name} and a.state = 'active' order by a.format`
  }

  namespaceChanged(name: string): void {
    this.#namespaces.invalidate(name)
  }

  artifactChanged({ namespaceId, name }: Pick<Artifact, 'namespaceId' | 'name'>): void {
    this.#artifacts.invalidate(artifactKey(namespaceId, name))
  }

  /** The namespace of a new account, in the account's transaction. Idempotent. */
  async open({ id, name }: Account): Promise<void> {
    const [created] = await this.#database.sql<{ id: string }>`insert into namespaces (id, name, folded, account_id)
      values (${uuidv7()}, ${name}, ${foldName(name)}, ${id}) on conflict do nothing returning id`
    this.namespaceChanged(name)
    if (created) return
    const [own] = await this.#database.sql`select id from namespaces where account_id = ${id}`
    if (!own) throw new NameConfusable()
  }

  async #loadNamespace(name: string): Promise<Namespace | undefined> {
    const found = await this.currentNamespace(name)
    if (found) return found
    // An account older than this module, for example the first administrator, has no namespace yet.
    const account = await this.#accounts.find(name)
    if (!account) return undefined
    await this.open(account)
    return this.currentNamespace(name)
  }

  /** Past the cache. */
  async currentNamespace(name: string): Promise<Namespace | undefined> {
    const [row] = await this.#database.sql<Namespace>`select ${namespaceColumns} from namespaces where name = ${name} and state = 'active'`
    return row && { ...row, settings: withDefaults(row.settings) }
  }
}

// A namespace id has a fixed length, so a blank cannot make two keys one.
const artifactKey = (namespaceId: string, name: string): string => `${namespaceId} ${name}`
