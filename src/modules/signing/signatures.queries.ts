import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { SignatureView } from './signatures.contract.ts'
import type { SignatureKind, Verdict } from './verification/verdict.ts'

/** What a signature is about, and where it came from. */
export interface SignaturePlace {
  readonly namespaceId: string
  readonly artifactId: string
  readonly manifestDigest: string
  readonly source: SignatureView['source']
  readonly sourceDigest: string | null
  readonly blobDigest: string | null
}

export interface SignatureRow extends SignatureView, SignaturePlace {
  readonly source: SignatureView['source']
  readonly sourceDigest: string | null
  readonly evidenceHash: string
  /** Null for what can be read again where it came from. */
  readonly evidence: string | null
}

const columns = sql`id, namespace_id as "namespaceId", artifact_id as "artifactId", manifest_digest as "manifestDigest",
  evidence_hash as "evidenceHash", kind, source, source_digest as "sourceDigest", evidence, blob_digest as "blobDigest", status, reason, signer,
  key_id as "keyId", issuer, predicate_type as "predicateType", signed_at as "signedAt", seen_at as "seenAt", checked_at as "checkedAt"`

export async function findSignature(
  database: Database,
  { artifactId, manifestDigest, evidenceHash }: Pick<SignatureRow, 'artifactId' | 'manifestDigest' | 'evidenceHash'>,
  { held = false } = {},
): Promise<SignatureRow | undefined> {
  const [row] = await database.sql<SignatureRow>`select ${columns} from signatures
    where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and evidence_hash = ${evidenceHash} ${held ? sql`for update` : sql``}`
  return row
}

/** Newest first. */
export const signaturesOf = (
  database: Database,
  { artifactId, manifestDigest }: Pick<SignatureRow, 'artifactId' | 'manifestDigest'>,
  { limit, verified = false }: { readonly limit: number; readonly verified?: boolean },
): Promise<SignatureRow[]> => database.sql<SignatureRow>`select ${columns} from signatures
  where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} ${verified ? sql`and status = 'verified'` : sql``}
  order by id desc limit ${limit}`

/** Whether a signature over these bytes came with the publish of another manifest of the namespace, or they are a manifest that somebody signed. */
export async function isBlobSignedElsewhere(
  database: Database,
  {
    namespaceId,
    artifactId,
    manifestDigest,
    blobDigest,
  }: Pick<SignaturePlace, 'namespaceId' | 'artifactId' | 'manifestDigest'> & {
    readonly blobDigest: string
  },
): Promise<boolean> {
  const rows = await database.sql`
    (select id from signatures where namespace_id = ${namespaceId} and blob_digest = ${blobDigest}
      and (artifact_id, manifest_digest) <> (${artifactId}, ${manifestDigest}) limit 1)
    union all (select id from signatures where namespace_id = ${namespaceId} and manifest_digest = ${blobDigest} limit 1) limit 1`
  return rows.length > 0
}

/** In the order of their ids, of a namespace, or of those that one key made. */
export const signaturesAfter = (
  database: Database,
  {
    namespaceId,
    keyId,
  }: { readonly namespaceId: string; readonly keyId?: undefined } | { readonly namespaceId?: undefined; readonly keyId: string },
  page: { readonly after: string; readonly limit: number },
): Promise<SignatureRow[]> =>
  keyId === undefined
    ? database.sql<SignatureRow>`select ${columns} from signatures where namespace_id = ${namespaceId} and id > ${page.after}
        order by id limit ${page.limit}`
    : database.sql<SignatureRow>`select ${columns} from signatures where key_id = ${keyId} and id > ${page.after} order by id limit ${page.limit}`

export interface NewRow extends SignaturePlace {
  readonly id: string
  readonly evidenceHash: string
  readonly kind: SignatureKind
  readonly evidence: string | null
}

/** What strangers wrote, as text that Postgres takes. */
const storable = (text: string | null | undefined): string | null => text?.replaceAll('\0', '').toWellFormed() ?? null

/** Undefined when it is there already. */
export async function insertSignature(database: Database, row: NewRow, verdict: Verdict): Promise<SignatureRow | undefined> {
  const { signer } = verdict
  const [saved] = await database.sql<SignatureRow>`
    insert into signatures (id, namespace_id, artifact_id, manifest_digest, evidence_hash, kind, source, source_digest, evidence, blob_digest, status,
      reason, signer, key_id, issuer, predicate_type, signed_at)
    values (${row.id}, ${row.namespaceId}, ${row.artifactId}, ${row.manifestDigest}, ${row.evidenceHash}, ${row.kind}, ${row.source},
      ${row.sourceDigest}, ${row.evidence}, ${row.blobDigest}, ${verdict.status}, ${storable(verdict.reason)}, ${storable(signer?.name)},
      ${signer?.keyId ?? null}, ${storable(signer?.issuer)}, ${storable(verdict.predicateType)}, ${verdict.signedAt})
    on conflict on constraint signatures_evidence do nothing returning ${columns}`
  return saved
}

/** Who signed stays known when that does not count any more. `sourceDigest`: manifests with proofs are replaced by others that hold them, too. */
export async function updateSignature(
  database: Database,
  { id, sourceDigest }: { readonly id: string; readonly sourceDigest: string | null },
  { status, reason, signer, predicateType, signedAt }: Verdict,
): Promise<SignatureRow | undefined> {
  const [saved] = await database.sql<SignatureRow>`
    update signatures set status = ${status}, reason = ${storable(reason)}, signer = coalesce(${storable(signer?.name)}, signer),
      ${signer ? sql`key_id = ${signer.keyId}, issuer = ${storable(signer.issuer)},` : sql``}
      source_digest = case source when 'referrer' then coalesce(${sourceDigest}, source_digest) else source_digest end,
      predicate_type = coalesce(${storable(predicateType)}, predicate_type), signed_at = coalesce(${signedAt}, signed_at), checked_at = now()
    where id = ${id} returning ${columns}`
  return saved
}

/** Makes room: of one manifest, what counted never (nobody is known to have made it) and is oldest goes first. Answers whether there is any. */
export async function makeRoom(
  database: Database,
  { artifactId, manifestDigest }: Pick<SignatureRow, 'artifactId' | 'manifestDigest'>,
  maximum: number,
): Promise<boolean> {
  const [row] = await database.sql<{ count: number }>`select count(*) as count from signatures
    where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
  if ((row?.count ?? 0) < maximum) return true
  const gone = await database.sql`delete from signatures where id = (select id from signatures
    where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and status <> 'verified' and signer is null order by id limit 1) returning id`
  return gone.length > 0
}

export async function coverChildren(
  database: Database,
  { artifactId, manifestDigest }: Pick<SignatureRow, 'artifactId' | 'manifestDigest'>,
  children: readonly string[],
): Promise<void> {
  if (children.length === 0) return
  await database.sql`insert into signed_children (artifact_id, child_digest, parent_digest)
    select ${artifactId}, child, ${manifestDigest} from unnest(${children as string[]}::text[]) child on conflict do nothing`
}

export async function childrenOf(
  database: Database,
  { artifactId, manifestDigest }: Pick<SignatureRow, 'artifactId' | 'manifestDigest'>,
): Promise<readonly string[]> {
  const rows = await database.sql<{ child: string }>`select child_digest as child from signed_children
    where artifact_id = ${artifactId} and parent_digest = ${manifestDigest}`
  return rows.map(({ child }) => child)
}

/** What is known of the manifest, and of indexes that list it. */
export interface StandingRow extends Pick<SignatureRow, 'manifestDigest' | 'kind' | 'status' | 'reason' | 'predicateType'> {}

/** Of a row that nobody looked at since its key was revoked: what `requireStanding` will say. */
const isVoid = sql`(s.status = 'verified' and k.revoked_at is not null and coalesce(k.void_from <= coalesce(s.signed_at, s.seen_at), true))`

export const standingRows = (
  database: Database,
  { artifactId, manifestDigest }: Pick<SignatureRow, 'artifactId' | 'manifestDigest'>,
): Promise<StandingRow[]> => database.sql<StandingRow>`
  select s.manifest_digest as "manifestDigest", s.kind, s.predicate_type as "predicateType",
    case when ${isVoid} then 'revoked' else s.status end as status,
    case when ${isVoid} then 'the key ' || k.name || ' was revoked' else s.reason end as reason
  from signatures s left join publisher_keys k on k.id = s.key_id
  where s.artifact_id = ${artifactId} and (s.manifest_digest = ${manifestDigest} or s.manifest_digest in
    (select parent_digest from signed_children where artifact_id = ${artifactId} and child_digest = ${manifestDigest}))
  order by s.status = 'verified' and not ${isVoid} desc, s.id desc limit 1000`
