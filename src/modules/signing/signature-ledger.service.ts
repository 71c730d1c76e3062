import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { isAccessory } from '../../shared/types/accessory.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Manifests } from '../artifacts/contract.ts'
import type { Located } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import { SignatureRejected, SignatureVerified } from './events.contract.ts'
import { hashOf } from './evidence-reader.ts'
import { policyOf, trustOf } from './publisher-keys.queries.ts'
import { readDocument } from './signature-manifest.ts'
import type { SignatureView } from './signatures.contract.ts'
import {
  childrenOf,
  coverChildren,
  findSignature,
  insertSignature,
  isBlobSignedElsewhere,
  makeRoom,
  type SignaturePlace,
  type SignatureRow,
  type StandingRow,
  standingRows,
  updateSignature,
} from './signatures.queries.ts'
import type { SigningPoliciesService } from './signing-policies.service.ts'
import { unmetBy } from './standing.ts'
import type { SignatureCheck } from './verification/signature-check.ts'
import type { Evidence, SignatureKind, Verdict } from './verification/verdict.ts'

export interface SignatureLedgerDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly events: Events
  readonly log: Logger
  readonly manifests: Manifests
  readonly publications: Publications
  readonly policies: SigningPoliciesService
  readonly check: SignatureCheck
}

/** What to write down, of what kind of proof. */
export interface Entry {
  readonly kind: SignatureKind
  readonly evidenceHash: string
  /** Kept when it cannot be read again. */
  readonly evidence: string | null
  readonly source: SignatureView['source']
  readonly sourceDigest?: string
  readonly blobDigest?: string
}

interface Standing {
  readonly rows: readonly StandingRow[]
  /** Something about another manifest. */
  readonly isAccessory: boolean
  /** Keys that were revoked then. */
  readonly revocations: string
}

/** Signatures of one manifest; more are not written down unless one that never counted makes room. */
const maxPerManifest = 100
const policy = 'signing'

/** What was found out about signatures, by the manifest they are about. */
export class SignatureLedger {
  readonly #deps: SignatureLedgerDeps
  readonly #standings: LocalCache<Standing>

  constructor(deps: SignatureLedgerDeps) {
    this.#deps = deps
    this.#standings = deps.caches.create({ name: 'signing.standings', maxEntries: 20_000, ttlMs: 60_000 })
  }

  /** With what the namespace trusts now. What was seen before counts as of then. */
  async judge(
    located: Located,
    manifestDigest: string,
    { evidence, blobDigest }: { readonly evidence: Evidence; readonly blobDigest?: string },
  ): Promise<Verdict> {
    const { database, manifests, check } = this.#deps
    const { artifact } = located
    const place = { artifactId: artifact.id, manifestDigest }
    const [trust, manifest, seen] = await Promise.all([
      trustOf(database, located.namespace.id),
      manifests.get(artifact.id, manifestDigest),
      findSignature(database, { ...place, evidenceHash: hashOf(evidence) }),
    ])
    const content = { manifestDigest, ...(manifest && { manifest: manifest.content }), ...(blobDigest !== undefined && { blobDigest }) }
    return check.check(evidence, { trust, content, seenAt: seen ? new Date(seen.seenAt) : null })
  }

  /** Whether what was signed are bytes that another version or artifact of the namespace was published with, or its manifest. */
  isBlobSignedElsewhere({ namespace, artifact }: Located, manifestDigest: string, blobDigest: string): Promise<boolean> {
    return isBlobSignedElsewhere(this.#deps.database, { namespaceId: namespace.id, artifactId: artifact.id, manifestDigest, blobDigest })
  }

  /** Writes the verdict down, and gives names to what waited for it. Undefined when there is no room for it. */
  record(
    located: Located,
    manifestDigest: string,
    { entry, verdict }: { readonly entry: Entry; readonly verdict: Verdict },
  ): Promise<SignatureRow | undefined> {
    const place = { artifactId: located.artifact.id, manifestDigest }
    return this.#holding(located, async () => {
      const change = await this.#save(located, manifestDigest, { entry, verdict })
      if (!change) return undefined
      const { before, saved } = change
      if (before?.status !== saved.status || before.reason !== saved.reason) await this.#tell(located, saved)
      const children = saved.status === 'verified' ? await this.#coverChildren(located.artifact, manifestDigest) : []
      await this.#forget(place)
      await this.#settle(located, manifestDigest)
      await this.#settleHeld(located, children)
      return saved
    })
  }

  /** Under the lock of publishes: what is decided by all signatures together is decided by one after the other, each of which sees those before. */
  #holding<T>({ artifact }: Located, work: () => Promise<T>): Promise<T> {
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      await database.sql`select id from artifacts where id = ${artifact.id} for no key update`
      return work()
    })
  }

  /** One row for one proof, whoever is faster. Undefined when there is no room. */
  async #save(
    located: Located,
    manifestDigest: string,
    { entry, verdict }: { readonly entry: Entry; readonly verdict: Verdict },
  ): Promise<{ readonly before?: SignatureRow; readonly saved: SignatureRow } | undefined> {
    const { database, log } = this.#deps
    const place = { artifactId: located.artifact.id, manifestDigest }
    const find = () => findSignature(database, { ...place, evidenceHash: entry.evidenceHash }, { held: true })
    let before = await find()
    if (!before) {
      if (!(await makeRoom(database, place, maxPerManifest))) {
        if (verdict.status === 'verified') log.warn({ ...place, kind: entry.kind }, 'a good signature found no room')
        return undefined
      }
      const added = await insertSignature(database, { ...rowOf(located, manifestDigest, entry), id: uuidv7() }, verdict)
      if (added) return { saved: added }
      before = await find()
    }
    const saved = before && (await updateSignature(database, { id: before.id, sourceDigest: entry.sourceDigest ?? null }, verdict))
    return before && saved && { before, saved }
  }

  /** Names for what has all that the policy wants. Does nothing for what nobody holds back. */
  settle(located: Located, manifestDigest: string): Promise<void> {
    return this.#holding(located, () => this.#settle(located, manifestDigest))
  }

  async #settle(located: Located, manifestDigest: string): Promise<void> {
    const { database, publications, policies } = this.#deps
    const manifest = { artifactId: located.artifact.id, manifestDigest }
    const rows = await standingRows(database, manifest)
    if (rows.length === 0) return
    const isMet = unmetBy(rows, await policyOf(database, located.namespace.id)) === null
    if (isMet || !policies.requires(located.namespace)) await publications.release(manifest, policy)
    // Of what a compromised key signed, and somebody else by now.
    const isSigned = unmetBy(rows, { requiredPredicateTypes: [] }) === null
    if (isSigned && rows.some(({ status }) => status === 'revoked'))
      for (const digest of [manifestDigest, ...(await childrenOf(database, manifest))])
        await publications.liftQuarantine({ ...manifest, manifestDigest: digest }, policy)
  }

  /** What its policy misses now, without any copy that could be older. */
  async unmet(located: Located, manifestDigest: string): Promise<string | null> {
    const { database } = this.#deps
    const rows = await standingRows(database, { artifactId: located.artifact.id, manifestDigest })
    return unmetBy(rows, await policyOf(database, located.namespace.id))
  }

  /** Why readers may not have it; null when they may. At most 2 s old. */
  async objection(located: Located, manifestDigest: string): Promise<string | null> {
    const { policies } = this.#deps
    const { rows, isAccessory: isFree } = await this.standing(located, manifestDigest)
    return isFree ? null : unmetBy(rows, await policies.of(located.namespace))
  }

  async standing({ namespace, artifact }: Located, manifestDigest: string): Promise<Standing> {
    const place = { artifactId: artifact.id, manifestDigest }
    const revocations = await this.#deps.policies.revocations(namespace)
    const load = () => this.#loadStanding(place, revocations)
    const found = await this.#standings.get(keyOf(place), load)
    if (found?.revocations === revocations) return found
    this.#standings.invalidate(keyOf(place))
    return load()
  }

  async #loadStanding(place: Pick<SignaturePlace, 'artifactId' | 'manifestDigest'>, revocations: string): Promise<Standing> {
    const { database, manifests } = this.#deps
    const [rows, manifest] = await Promise.all([standingRows(database, place), manifests.get(place.artifactId, place.manifestDigest)])
    const document = manifest && readDocument(manifest.content)
    const isThere = async (digest: string) => (await manifests.get(place.artifactId, digest)) !== undefined
    return { rows, isAccessory: document !== undefined && (await isAccessory(document, isThere)), revocations }
  }

  /** An index came, or a signature of one: what it lists is signed with it. */
  async #coverChildren({ id: artifactId }: Located['artifact'], manifestDigest: string): Promise<readonly string[]> {
    const manifest = await this.#deps.manifests.get(artifactId, manifestDigest)
    const children = ((manifest && readDocument(manifest.content)?.manifests) ?? []).map(({ digest }) => digest)
    await coverChildren(this.#deps.database, { artifactId, manifestDigest }, children)
    return children
  }

  /** For an index that came after its signature. */
  cover(located: Located, manifestDigest: string): Promise<void> {
    const place = { artifactId: located.artifact.id, manifestDigest }
    return this.#holding(located, async () => {
      const rows = await standingRows(this.#deps.database, place)
      if (!rows.some((row) => row.manifestDigest === manifestDigest && row.status === 'verified')) return
      const children = await this.#coverChildren(located.artifact, manifestDigest)
      await this.#forget(place)
      await this.#settleHeld(located, children)
    })
  }

  /** Names that wait for what an index lists: its signature is theirs. */
  async #settleHeld(located: Located, children: readonly string[]): Promise<void> {
    if (children.length === 0) return
    const waiting = new Set((await this.#deps.publications.held(located.artifact.id)).map(({ manifestDigest }) => manifestDigest))
    for (const child of new Set(children)) if (waiting.has(child)) await this.#settle(located, child)
  }

  async #forget({ artifactId, manifestDigest }: Pick<SignaturePlace, 'artifactId' | 'manifestDigest'>): Promise<void> {
    const children = await childrenOf(this.#deps.database, { artifactId, manifestDigest })
    for (const digest of [manifestDigest, ...children]) this.#standings.invalidate(keyOf({ artifactId, manifestDigest: digest }))
  }

  async #tell({ artifact }: Located, row: SignatureRow): Promise<void> {
    const { events } = this.#deps
    const { id: artifactId, namespace, name, format } = artifact
    const fact = { artifactId, namespace, name, format, manifestDigest: row.manifestDigest, signatureId: row.id, kind: row.kind }
    if (row.status === 'verified') await events.emit(SignatureVerified, { ...fact, signer: row.keyId ?? row.signer ?? '' })
    else await events.emit(SignatureRejected, { ...fact, reason: row.reason ?? '' })
  }
}

const keyOf = ({ artifactId, manifestDigest }: Pick<SignaturePlace, 'artifactId' | 'manifestDigest'>): string =>
  `${artifactId} ${manifestDigest}`

function rowOf(
  { namespace, artifact }: Located,
  manifestDigest: string,
  { sourceDigest = null, blobDigest = null, ...entry }: NullableEntry,
) {
  return { ...entry, sourceDigest, blobDigest, namespaceId: namespace.id, artifactId: artifact.id, manifestDigest }
}
type NullableEntry = Omit<Entry, 'sourceDigest' | 'blobDigest'> & {
  readonly sourceDigest?: string | null
  readonly blobDigest?: string | null
}
