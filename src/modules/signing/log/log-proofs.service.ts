import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { signedText } from '../../../shared/transparency/log-entry.ts'
import { decodeCursor, encodeCursor } from '../../../shared/types/cursor.ts'
import type { Page } from '../../../shared/types/page.ts'
import type { ArtifactRef, Catalog, PageQuery } from '../../metadata/contract.ts'
import { CursorInvalid, VersionNotFound } from '../../metadata/errors.ts'
import type { Reference, References } from '../../metadata/references.contract.ts'
import type { RegistryKeys } from '../contract.ts'
import type { EvidenceReader } from '../evidence-reader.ts'
import type { LoggedFactView, ProofView } from '../log.contract.ts'
import { NotLogged } from './errors.ts'
import { type Entry, findTagEntry, findVersionEntry, type Head, listEntries, readHead } from './log.queries.ts'
import type { LogKeys } from './log-keys.service.ts'
import { publisherSignaturesOf } from './publisher-proofs.ts'
import type { TransparencyLog } from './transparency-log.service.ts'

/** Proofs that a name is in the log, with what is needed to check them offline. */
export interface LogProofs {
  /** By version or tag. Throws what hides versions from readers, and NotLogged. */
  find(principal: Principal, ref: ArtifactRef, reference: string): Promise<ProofView>
  /** Every entry about the artifact, newest first, with what is needed to find them in the log. */
  list(principal: Principal, ref: ArtifactRef, query: PageQuery): Promise<Page<LoggedFactView>>
}
export const LogProofs = service<LogProofs>('signing.log_proofs')

export interface LogProofsDeps {
  readonly database: Database
  readonly catalog: Catalog
  readonly references: References
  readonly transparencyLog: TransparencyLog
  readonly logKeys: LogKeys
  readonly registryKeys: RegistryKeys
  readonly reader: EvidenceReader
}

export class LogProofsService implements LogProofs {
  readonly #deps: LogProofsDeps
  constructor(deps: LogProofsDeps) {
    this.#deps = deps
  }

  async find(principal: Principal, ref: ArtifactRef, reference: string): Promise<ProofView> {
    const { database, catalog, references, logKeys, registryKeys } = this.#deps
    const located = await catalog.locate(principal, ref, 'read')
    const found = await references.resolve(located, reference)
    if (!found) throw new VersionNotFound()
    const head = await readHead(database)
    if (!head) throw new NotLogged(reference)
    const entries = await this.#entries(located.artifact.id, found, head)
    const version = entries.find(({ kind }) => kind === 'version')
    const signature = version ? await registryKeys.sign(signedText(version)) : null
    return {
      v: 1,
      reference,
      manifestDigest: found.manifestDigest,
      origin: head.origin,
      checkpoint: head.note,
      ...(await logKeys.verifiers(head.origin)),
      entries: await Promise.all(entries.map((entry) => this.#proven(entry, head))),
      signature,
      registryKeys: [...(await registryKeys.list())],
      publisherSignatures: await publisherSignaturesOf(this.#deps, {
        artifactId: located.artifact.id,
        manifestDigest: found.manifestDigest,
      }),
    }
  }

  async list(principal: Principal, ref: ArtifactRef, { cursor, limit }: PageQuery): Promise<Page<LoggedFactView>> {
    const { database, catalog } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const before = cursor === undefined ? undefined : indexOf(cursor)
    const rows = await listEntries(database, artifact.id, { before, limit: limit + 1 })
    const items = rows.slice(0, limit).map(({ salt, ...entry }) => ({ ...entry, salt: salt.toString('base64') }))
    const last = items.at(-1)
    return { items, nextCursor: rows.length > limit && last ? encodeCursor([last.index]) : null }
  }

  /** Of a tag: its last move, and the version it points to. A move that is not in the log yet may be the one that matters. */
  async #entries(artifactId: string, { name, manifestDigest, version }: Reference, { size }: Head): Promise<Entry[]> {
    const { database } = this.#deps
    const isVersion = version !== null && (version.version === name || version.version.replace('+', '_') === name)
    const moved = isVersion ? undefined : await findTagEntry(database, { artifactId, reference: name, size })
    if (!isVersion && moved?.digest !== manifestDigest) throw new NotLogged(name)
    const published = version ? await findVersionEntry(database, { artifactId, reference: version.version, size }) : undefined
    if (version && !published) throw new NotLogged(version.version)
    return [moved, published].filter((entry) => entry !== undefined)
  }

  async #proven({ salt, ...entry }: Entry, { size }: Head) {
    const proof = await this.#deps.transparencyLog.inclusion(entry.index, size)
    return { ...entry, salt: salt.toString('base64'), proof: proof.map((hash) => hash.toString('base64')) }
  }
}

function indexOf(cursor: string): number {
  const [index] = decodeCursor(cursor, 1) ?? []
  if (typeof index !== 'number' || !Number.isSafeInteger(index)) throw new CursorInvalid()
  return index
}
