import { type Static, Type } from '@sinclair/typebox'
import type { DomainError } from '../../shared/errors/domain-error.ts'
import { defineEvent } from '../../shared/kernel/event.ts'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'

export const Role = oneOf(['owner', 'admin', 'write', 'read'])
export type Role = Static<typeof Role>

/** A user or an organization: the owner of the namespace of its name. */
export interface Account {
  readonly id: string
  readonly name: string
  readonly kind: 'user' | 'organization'
  readonly displayName: string
  readonly verified: boolean
  readonly createdAt: string
}

/** What somebody is an owner of, or has a grant on. */
export interface HeldByAccounts {
  readonly accountIds: readonly string[]
  readonly artifactIds: readonly string[]
}

export interface Accounts {
  find(name: string): Promise<Account | undefined>
  byIds(ids: readonly string[]): Promise<ReadonlyMap<string, Account>>
  /** Runs inside the transaction that creates the account; a throw undoes the account. */
  onCreated(listener: (account: Account) => Promise<void>): void
  /** Runs inside the transaction that changes who stands behind these; changes of grants on one artifact are not among them. */
  onHoldersChanged(listener: (held: HeldByAccounts) => Promise<void>): void
}
export const Accounts = service<Accounts>('auth.accounts')

/** Names that only administrators of the registry give to new accounts, for what they mean elsewhere. Accounts that are there keep theirs. */
export interface ReservedNames {
  /** In `setup`. Asked about every new name that anybody else wants; what it throws refuses the name. */
  guard(guard: (name: string) => void): void
}
export const ReservedNames = service<ReservedNames>('auth.reserved_names')

export type Visibility = 'public' | 'private'

/** What the caller wants to touch, decoded and canonical (D-12). */
export interface Resource {
  /** Owner of the namespace; null for `library`, which nobody owns. */
  readonly accountId: string | null
  readonly namespace: string
  readonly namespaceVisibility: Visibility
  readonly artifact?: { readonly id: string; readonly name: string; readonly visibility: Visibility | 'inherit' }
  /** Name of the artifact that is about to be made, where there is no `artifact` to carry it: credentials may be limited to it. */
  readonly newName?: string
}

/**
 * read: see and download. preview: see and download what readers do not get (yet), for whoever may publish, also with a credential that only reads:
 * clients of OCI pull with such a one what they are about to sign. publish: new versions, tags, yank. manage: settings, members, grants, deletion.
 * own: transfer, delete the namespace.
 */
export type Action = 'read' | 'preview' | 'publish' | 'manage' | 'own'

/** Rows a list may show: everything public, plus these. */
export interface Sight {
  readonly everything: boolean
  readonly accountIds: readonly string[]
  readonly artifactIds: readonly string[]
}

/** The one place where rights are decided, for every door. Rights are role ∩ scope; looked up at most 5 s ago. */
export interface Authorizer {
  allows(principal: Principal, action: Action, resource: Resource): Promise<boolean>
  /**
   * Passes, or throws what design.md §4 wants: an anonymous caller gets `unauthenticated`, an authenticated one that may not even read gets
   * `absent()`, one that may read but not more gets `forbidden`. An absent resource (`undefined`) is answered exactly like a hidden one.
   */
  require(principal: Principal, action: Action, resource: Resource | undefined, absent: () => DomainError): Promise<void>
  sight(principal: Principal): Promise<Sight>
}
export const Authorizer = service<Authorizer>('auth.authorizer')

/** Upper bound of a token that a door asked for: scopes by `namespace/name`, and `catalogAccess` for lists of everything. */
export type RepositoryAccess = ReadonlyMap<string, ReadonlySet<Scope>>

/** Key of an access that lists whatever its owner sees; no artifact has it, because it has no slash. */
export const catalogAccess = 'catalog'

export interface DoorToken {
  readonly token: string
  readonly expiresInSeconds: number
  readonly issuedAt: string
}

/** Short-lived tokens bound to repositories, for the token flow of the OCI distribution (`/v2/token`). Rights are still looked up at every use. */
export interface DoorTokens {
  /**
   * Of the caller, who may be anonymous. Ends early when the credential behind it is revoked. Throws `auth.invalid_credentials` for a caller that
   * came with such a token itself, `auth.door_token_too_large` when the access does not fit 8 KiB (D-23).
   */
  issue(principal: Principal, access: RepositoryAccess): Promise<DoorToken>
  /** Name and password, name and API token, or an API token alone. Throws what the authenticator throws. */
  identify(credential: { readonly username: string; readonly password: string } | { readonly token: string }): Promise<Principal>
  /** A new API token with the scopes and limits of the caller, for a client that keeps it in the place of the password. */
  remember(principal: Principal, name: string): Promise<string>
}
export const DoorTokens = service<DoorTokens>('auth.door_tokens')

export interface Organizations {
  /** The organization, for somebody who may look into it (read) or change it. Throws OrganizationNotFound for others. */
  enter(caller: Principal, action: Action, name: string): Promise<Account>
}
export const Organizations = service<Organizations>('auth.organizations')

/** `organization/team` as the caller names it. */
export interface TeamPath {
  readonly org: string
  readonly team: string
}
export interface Teams {
  create(caller: Principal, path: TeamPath, description: string): Promise<{ readonly name: string; readonly description: string }>
  /** Names, in order. */
  names(caller: Principal, org: string): Promise<string[]>
  find(caller: Principal, path: TeamPath): Promise<{ readonly name: string; readonly members: string[] }>
  remove(caller: Principal, path: TeamPath): Promise<void>
  addMember(caller: Principal, path: TeamPath, username: string): Promise<void>
  removeMember(caller: Principal, path: TeamPath, username: string): Promise<void>
}
export const Teams = service<Teams>('auth.teams')

export const GrantSubject = Type.Object({
  kind: oneOf(['user', 'team']),
  /** A username, or `organization/team`. */
  name: Type.String({ minLength: 1, maxLength: 100 }),
})
export type GrantSubject = Static<typeof GrantSubject>

export const Grant = Type.Object({ subject: GrantSubject, role: Role, addedAt: Type.String() })
export type Grant = Static<typeof Grant>

/** What a grant is about. `namespace` goes into the audit log. */
export interface GrantTarget {
  readonly artifactId: string
  readonly namespace?: string
  /** Teams of organizations this user is no member of look absent, unless they hold a grant already. Absent: every team is seen. */
  readonly callerId?: string
}

/** Rights on one artifact, beside the roles of its namespace. */
export interface Grants {
  list(artifactId: string): Promise<Grant[]>
  set(target: GrantTarget, subject: GrantSubject, role: Role): Promise<Grant>
  /** The first one on an artifact that is being made, within its transaction. */
  give(target: GrantTarget, user: { readonly userId: string; readonly username: string }, role: Role): Promise<void>
  remove(target: GrantTarget, subject: GrantSubject): Promise<void>
}
export const Grants = service<Grants>('auth.grants')

export const Member = Type.Object({ username: Type.String(), role: Role, addedAt: Type.String() })
export type Member = Static<typeof Member>

/** Roles in a namespace, by the account that owns it. A user is owner of its own namespace. */
export interface Members {
  list(accountId: string): Promise<Member[]>
  find(accountId: string, username: string): Promise<Member | undefined>
  /** Whoever gives or takes the role `owner` needs the right to `own`: the caller checks it. */
  set(accountId: string, username: string, role: Role): Promise<Member>
  /** Refuses to remove the last owner. */
  remove(accountId: string, username: string): Promise<void>
}
export const Members = service<Members>('auth.members')

export interface AuditEntry {
  /** `<noun>.<past tense>`, for example `version.published`, `token.revoked`. */
  readonly action: string
  readonly subject: string
  readonly subjectId?: string
  readonly namespace?: string
  readonly before?: unknown
  readonly after?: unknown
}
/** Who did what, from where. Actor, ip and request id come from the request context. */
export interface Audit {
  /** One row in the surrounding transaction; the sequencer chains it within a second. Never a secret in it. */
  record(entry: AuditEntry): Promise<void>
}
export const Audit = service<Audit>('auth.audit')

/** The administrator that a registry without users gets. */
export interface FirstAdmin {
  /** Makes it where it is missing. Its generated password, once and only in the process that made it; undefined ever after. */
  taken(): Promise<{ readonly username: string; readonly password: string } | undefined>
}
export const FirstAdmin = service<FirstAdmin>('auth.first_admin')

export const AccountCreated = defineEvent(
  'auth.account_created',
  Type.Object({ accountId: Type.String(), name: Type.String(), kind: Type.String() }),
)
export const CredentialRevoked = defineEvent(
  'auth.credential_revoked',
  Type.Object({ userId: Type.String(), grantId: Type.Optional(Type.String()) }),
)
export const RightsChanged = defineEvent(
  'auth.rights_changed',
  Type.Object({ accountId: Type.Optional(Type.String()), artifactId: Type.Optional(Type.String()), userId: Type.Optional(Type.String()) }),
)
