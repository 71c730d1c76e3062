import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyView } from '../../modules/signing/log.contract.ts'
import { type Checkpoint, openCheckpoint } from '../../shared/transparency/checkpoint.ts'
import { leafHashOf, saltBytes, signedText } from '../../shared/transparency/log-entry.ts'
import { hashBytes, isIncluded } from '../../shared/transparency/merkle.ts'
import { NoteInvalid, type NoteVerifier } from '../../shared/transparency/signed-note.ts'
import { Failure } from '../failure.ts'
import type { Bundle } from './bundle.ts'

export interface Wanted {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly format?: string | undefined
}

/** What the caller believes in already. */
export interface Trust {
  readonly verifier: NoteVerifier
  /** Keys that the registry signs versions with; without them those of the bundle are used. */
  readonly registryKeys?: KeyView['registryKeys'] | undefined
}

export interface Verified {
  readonly kind: 'version' | 'tag'
  readonly version: string | null
  readonly format: string
  readonly digest: string
  readonly index: number
  readonly loggedAt: string
  readonly checkpoint: Checkpoint
  /** Id of the key of the registry that signed the version; null for a tag of no version. */
  readonly signedBy: string | null
}

type Proof = Bundle['proof']
type Entry = Proof['entries'][number]

/** Everything that can be checked without asking anybody. Throws a Failure with the reason. */
export function checkBundle({ proof, manifest }: Bundle, wanted: Wanted, trust: Trust): Verified {
  const [first, second] = proof.entries
  if (!first || proof.entries.length > 2) throw refused('the bundle has no entry of the log')
  checkNames(wanted, first, second)
  const digest = checkDigest(first, { served: proof.manifestDigest, manifest: Buffer.from(manifest, 'base64') })
  const checkpoint = checkpointOf(proof.checkpoint, trust.verifier)
  for (const entry of proof.entries) checkInclusion(entry, checkpoint)
  const version = proof.entries.find(({ kind }) => kind === 'version')
  return {
    ...{ kind: first.kind === 'tag' ? 'tag' : 'version', version: version?.reference ?? null, format: first.format, digest },
    ...{ index: first.index, loggedAt: first.time, checkpoint },
    signedBy: version ? checkSignature(version, proof, trust.registryKeys) : null,
  }
}

const refused = (reason: string): Failure => new Failure(`verification failed: ${reason}`)

/** A version, or a tag with the version it points to; of the artifact that was asked for, and no other. */
function checkNames({ namespace, name, version, format }: Wanted, first: Entry, second: Entry | undefined): void {
  if (first.namespace !== namespace || first.name !== name || first.format !== (format ?? first.format))
    throw refused(`the proof is about ${first.format} ${first.namespace}/${first.name}, not about ${namespace}/${name}`)
  if (first.reference !== version && first.reference.replace('+', '_') !== version)
    throw refused(`the proof is about ${first.reference}, not about ${version}`)
  const belongs = second ? isVersionOf(first, second) : first.kind === 'version' || first.kind === 'tag'
  if (!belongs) throw refused('the entries of the proof do not belong together')
}

const isVersionOf = (tag: Entry, version: Entry): boolean =>
  tag.kind === 'tag' &&
  version.kind === 'version' &&
  (['namespace', 'name', 'format', 'digest'] as const).every((member) => tag[member] === version[member])

function checkDigest({ digest }: Entry, { served, manifest }: { served: string; manifest: Buffer }): string {
  if (digest === null) throw refused('the log says that the tag was removed')
  if (served !== digest) throw refused(`the registry points to ${served}, the log has ${digest}`)
  const [algorithm = ''] = digest.split(':')
  if (algorithm !== 'sha256' && algorithm !== 'sha512') throw refused(`no digest of ${algorithm} can be checked here`)
  const computed = `${algorithm}:${createHash(algorithm).update(manifest).digest('hex')}`
  if (computed !== digest) throw refused(`the manifest was changed: its digest is ${computed}, the log has ${digest}`)
  return digest
}

function checkpointOf(note: string, verifier: NoteVerifier): Checkpoint {
  try {
    return openCheckpoint(note, verifier)
  } catch (error) {
    if (error instanceof NoteInvalid) throw refused(`the checkpoint does not count: ${error.message}`)
    throw error
  }
}

function checkInclusion(entry: Entry, { size, root }: Checkpoint): void {
  const salt = Buffer.from(entry.salt, 'base64')
  const proof = entry.proof.map((hash) => Buffer.from(hash, 'base64'))
  const isForm = salt.length === saltBytes && proof.every(({ length }) => length === hashBytes)
  if (!isForm || !isIncluded({ index: entry.index, size, leaf: leafHashOf(entry, salt), root }, proof))
    throw refused(`the log does not contain this entry of ${entry.reference}: its proof of inclusion does not hold`)
}

function checkSignature(version: Entry, { signature, registryKeys }: Proof, pinned: Trust['registryKeys']): string {
  if (!signature) throw refused(`the registry has not signed ${version.reference}`)
  const key = (pinned ?? registryKeys).find(({ keyid }) => keyid === signature.keyid)
  if (!key) throw refused(`${version.reference} is signed with a key of the registry that is not known: ${signature.keyid}`)
  if (key.expires !== null && Date.parse(key.expires) <= Date.parse(version.time))
    throw refused(`${version.reference} is signed with a key of the registry that expired at ${key.expires}`)
  if (!isSigned(signedText(version), key.key, signature.sig))
    throw refused(`the registry's signature of ${version.reference} does not hold`)
  return signature.keyid
}

function isSigned(text: string, key: string, sig: string): boolean {
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' })
    return verify('sha256', Buffer.from(text), publicKey, Buffer.from(sig, 'base64'))
  } catch {
    return false
  }
}
