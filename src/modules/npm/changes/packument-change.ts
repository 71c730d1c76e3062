import type { Readable } from 'node:stream'
import { ChangeInvalid } from '../errors.ts'
import { JsonText } from '../publishing/json-text.ts'
import { isRecord, type PackageDocument, readPackageDocument } from '../publishing/package-document.ts'
import type { NpmSettings } from '../settings.ts'

/** What a client of npm sends when it puts a package document back, reduced to what may differ. */
export interface PackumentChange {
  /** Absent: whatever the package is by now. */
  readonly _rev?: string | undefined
  /** `deprecated` by version; empty in documents that are about something else. */
  readonly versions: ReadonlyMap<string, string | undefined>
  /** Stars by username. */
  readonly users?: Readonly<Record<string, unknown>> | undefined
  readonly maintainers?: readonly unknown[] | undefined
}

/** Of a document as it was read. What clients put into the wrong form says nothing. */
export function changeOf(document: Pick<PackageDocument<unknown>, 'revision' | 'versions' | 'users' | 'maintainers'>): PackumentChange {
  const { revision, versions, users, maintainers } = document
  return {
    ...(revision !== undefined && { _rev: revision }),
    versions,
    ...(isRecord(users) && { users }),
    ...(Array.isArray(maintainers) && { maintainers }),
  }
}

/** Reads a document that publishes nothing, while it arrives. Throws ChangeInvalid, DocumentTooLarge, BadExchange. */
export async function readChange(body: Readable, { maxChangeBytes, maxDocumentBytes }: NpmSettings): Promise<PackumentChange> {
  const json = new JsonText(body, { maxBytes: maxChangeBytes, maxValueBytes: maxDocumentBytes })
  const refuse = () => Promise.reject(new ChangeInvalid('a version is published with PUT of the package itself'))
  const document = await readPackageDocument(json, refuse, maxDocumentBytes)
  await json.end()
  return changeOf(document)
}

/** Usernames of `maintainers`. `undefined` for what is no list of people. */
export function maintainerNames(maintainers: readonly unknown[]): readonly string[] | undefined {
  const names = maintainers.map(nameOf)
  const known = names.filter((name) => name !== undefined)
  return known.length === names.length ? [...new Set(known)] : undefined
}

/** `name <mail>` or an object, as documents of npm have them. */
function nameOf(maintainer: unknown): string | undefined {
  const name: unknown =
    typeof maintainer === 'object' && maintainer !== null && 'name' in maintainer ? maintainer.name : String(maintainer).split(' <')[0]
  return typeof name === 'string' && /^[\x21-\x7e]{1,100}$/.test(name) ? name : undefined
}
