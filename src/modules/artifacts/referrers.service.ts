import { unlessRefused } from '../../shared/errors/unless.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { decodeCursor, encodeCursor } from '../../shared/types/cursor.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import type { Located } from '../metadata/contract.ts'
import { digestOf } from './blob-store.service.ts'
import { type ContentSightParts, mayFetch } from './content-sight.ts'
import type { ReferrerDescriptor, ReferrerPage, Repositories, RepositoryRef } from './contract.ts'
import { ReferrerCursorInvalid } from './errors.ts'
import { listReferrers } from './referrers.queries.ts'

export type ReferrerParts = ContentSightParts

/** Manifests by what they refer to (OCI distribution-spec, "Listing Referrers"). */
export class Referrers {
  readonly #parts: ReferrerParts

  constructor(parts: ReferrerParts) {
    this.#parts = parts
  }

  async list(principal: Principal, ref: RepositoryRef, query: Parameters<Repositories['referrers']>[2]): Promise<ReferrerPage> {
    const { after: cursor, subject, ...rest } = query
    digestOf(subject)
    const after = cursor === undefined ? undefined : readCursor(cursor)
    const located = await this.#located(principal, ref)
    // What is held looks absent, and what is absent has no referrers that anybody is told of.
    if (!located || !(await mayFetch(this.#parts, located, { kind: 'manifest', digest: digestOf(subject) }))) return { manifests: [] }
    const { rows, more } = await listReferrers(this.#parts.database, located.artifact.id, { ...rest, subject, after })
    const last = rows.at(-1)
    const manifests = rows.map(({ descriptor }) => JSON.parse(descriptor) as ReferrerDescriptor)
    return more && last ? { manifests, next: encodeCursor([last.digest]) } : { manifests }
  }

  /**
   * Undefined for an artifact that does not exist. One that the caller may not see looks the same: whoever may read or publish in the namespace
   * gets an empty list for both, everybody else a refusal for both.
   */
  async #located(principal: Principal, ref: RepositoryRef): Promise<Located | undefined> {
    const { catalog } = this.#parts
    const { namespace, name, format } = ref
    try {
      return await catalog.locate(principal, ref, 'read')
    } catch (refusal) {
      if (principal.userId === undefined) throw refusal
      const person = unlimited(principal, `${namespace}/${name}`)
      const known =
        (person && (await unlessRefused(() => catalog.namespace(person, namespace, 'read')))) ??
        (format === 'oci' && (await unlessRefused(() => catalog.checkPublish(principal, { namespace, name, format, type: 'module-oci' }))))
      if (known) return undefined
      throw refusal
    }
  }
}

/** Limits name artifacts, never a whole namespace: whoever holds a credential for this one asks for its namespace as the person behind it. */
function unlimited({ access, artifacts, ...person }: Principal, path: string): Principal | undefined {
  const isCovered = (access === undefined || access.get(path)?.has('read') === true) && artifacts?.includes(path) !== false
  return isCovered ? person : undefined
}

function readCursor(text: string): string {
  const [digest] = decodeCursor(text, 1) ?? []
  if (typeof digest !== 'string' || !parseDigest(digest)) throw new ReferrerCursorInvalid()
  return digest
}
