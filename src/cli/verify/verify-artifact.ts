import { setTimeout as delay } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import { KeyView, ProofView } from '../../modules/signing/log.contract.ts'
import { parseVerifier } from '../../shared/transparency/signed-note.ts'
import { artifactPath, parseVersionAddress, type VersionAddress } from '../address.ts'
import type { RegistryClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { Failure, usage } from '../failure.ts'
import { type Bundle, readBundle, writeBundle } from './bundle.ts'
import { checkBundle, type Verified } from './check-bundle.ts'
import { followLog, type Standing, standingOffline } from './follow-log.ts'
import { type PinnedKeys, readKeyFile } from './key-file.ts'
import { type KnownLog, KnownLogs, originOf, seen } from './known-logs.ts'
import { checkPublisher } from './publisher-signature.ts'

export interface VerifyOptions {
  readonly format?: string
  readonly bundle?: string
  readonly save?: string
  readonly key?: string
  readonly offline?: boolean
  readonly publisherKey?: string
}

export interface Verification extends Omit<Verified, 'checkpoint'> {
  readonly artifact: string
  readonly log: string
  readonly logSize: number
  /** Kind of the signature that the given key of the publisher made, with `-of-file` for one over bytes without a name; null when no key was given. */
  readonly publisherSignature: string | null
  /** Whose signatures the registry says it has verified. */
  readonly publishers: readonly string[]
  /** To the checkpoint that was seen last. */
  readonly standing: Standing
  /** `given`: by `--key`; `known`: pinned at an earlier call; `first`: believed because it is the first one seen. */
  readonly trust: 'given' | 'known' | 'first'
}

const waitForLogMs = 5_000

/** Throws a Failure with the reason for whatever does not hold. */
export async function verifyArtifact(context: CommandContext, text: string, options: VerifyOptions): Promise<Verification> {
  const address = addressOf(text)
  if (options.bundle === undefined && options.offline) throw usage('without the network there has to be a --bundle')
  if (options.bundle !== undefined && options.save !== undefined) throw usage('--save keeps what the registry answers: leave --bundle out')
  const given = options.key === undefined ? undefined : await readKeyFile(options.key)
  const known = new KnownLogs(context.credentials.folder)
  return options.bundle === undefined
    ? online(context, { address, given, known, options })
    : offline(context, await readBundle(options.bundle), { address, given, known, options })
}

interface Task {
  readonly address: VersionAddress
  readonly given: PinnedKeys | undefined
  readonly known: KnownLogs
  readonly options: VerifyOptions
}

/** `namespace/name:tag` is `namespace/name@tag`. */
const addressOf = (text: string): VersionAddress => parseVersionAddress(text.replace(/:([^:@/]+)$/, '@$1'))

async function online({ client, registry, output }: CommandContext, { address, given, known, options }: Task): Promise<Verification> {
  const { format, save } = options
  const before = await known.get(registry)
  const bundle = await fetchBundle(client, address, format)
  const pinned = pinnedOf(given, before) ?? (await firstKeysOf(client, registry, known))
  const verified = checkBundle(bundle, { ...address, format }, trustOf(pinned))
  const publisher = await publisherOf(bundle, verified, { ...options, ...address })
  const standing = await followLog(client, before, verified.checkpoint)
  const { registryKeys = bundle.proof.registryKeys } = trustOf(pinned)
  await known.set(registry, { key: pinned.key, registryKeys, ...seen(verified.checkpoint) })
  if (!given && !before) output.note(`the log of ${registry} is trusted from now on: ${pinned.key}`)
  if (save !== undefined) await writeBundle(save, bundle)
  return reportOf(address, verified, { ...publisher, standing, trust: given ? 'given' : before ? 'known' : 'first' })
}

/** Whoever made the bundle chose the log it names: what counts is the key of the registry that the caller names. */
async function offline({ registry }: CommandContext, bundle: Bundle, { address, given, known, options }: Task): Promise<Verification> {
  const before = await lastSeen(known, registry, given)
  const pinned = pinnedOf(given, before)
  if (!pinned) throw usage(`no key of the log of ${registry} is known here: name the registry with --registry, or a key with --key`)
  const verified = checkBundle(bundle, { ...address, format: options.format }, trustOf(pinned))
  const publisher = await publisherOf(bundle, verified, { ...options, ...address })
  const standing = standingOffline(before, verified.checkpoint)
  return reportOf(address, verified, { ...publisher, standing, trust: given ? 'given' : 'known' })
}

/** A key that was given is of the registry that showed it, which need not be the one in use. */
async function lastSeen(known: KnownLogs, registry: string, given: PinnedKeys | undefined): Promise<KnownLog | undefined> {
  const last = await known.get(registry)
  return given && originOf(given.key) !== (last && originOf(last.key)) ? known.withKey(given.key) : last
}

async function publisherOf(bundle: Bundle, verified: Verified, { publisherKey, name }: VerifyOptions & VersionAddress) {
  const publishers = new Set(bundle.proof.publisherSignatures.map(({ kind, signer }) => signer ?? kind))
  const publisherSignature = publisherKey === undefined ? null : await checkPublisher(bundle, { ...verified, name }, publisherKey)
  return { publisherSignature, publishers: [...publishers] }
}

/** A file may hold the key of the log alone. */
const pinnedOf = (given: PinnedKeys | undefined, before: KnownLog | undefined): PinnedKeys | undefined =>
  given && before?.key === given.key ? { ...before, ...given } : (given ?? before)

/** A registry that has signed nothing yet has no key to pin. */
const trustOf = ({ key, registryKeys = [] }: PinnedKeys) => ({
  verifier: parseVerifier(key),
  registryKeys: registryKeys.length > 0 ? registryKeys : undefined,
})

function reportOf(
  { namespace, name, version }: VersionAddress,
  { checkpoint, ...verified }: Verified,
  how: Pick<Verification, 'standing' | 'trust' | 'publisherSignature' | 'publishers'>,
): Verification {
  return { artifact: `${namespace}/${name}@${version}`, ...verified, log: checkpoint.origin, logSize: checkpoint.size, ...how }
}

/** Believed because nothing contradicts it: two logs never have one name. */
async function firstKeysOf(client: RegistryClient, registry: string, known: KnownLogs): Promise<PinnedKeys> {
  const keys = await keysOf(client)
  await known.requireFree(registry, keys.key)
  return keys
}

async function keysOf(client: RegistryClient): Promise<PinnedKeys> {
  const keys = await client.json<unknown>('/v1/log/key')
  if (!Value.Check(KeyView, keys)) throw new Failure('the registry answered with something else than the key of its log')
  return { key: keys.key, registryKeys: keys.registryKeys }
}

async function fetchBundle(client: RegistryClient, address: VersionAddress, format: string | undefined): Promise<Bundle> {
  const proof = await fetchProof(client, address, format)
  const [entry] = proof.entries
  const path = artifactPath(address, '-', 'manifests', entry?.digest ?? proof.manifestDigest)
  const manifest = await client.send(path, { query: { format: format ?? entry?.format } })
  return { v: 1, proof, manifest: Buffer.from(await manifest.arrayBuffer()).toString('base64') }
}

/** What was published a moment ago is on its way into the log. */
async function fetchProof(client: RegistryClient, address: VersionAddress, format: string | undefined): Promise<ProofView> {
  for (const until = performance.now() + waitForLogMs; ; ) {
    const asked = client.json<unknown>(artifactPath(address, '-', 'log'), { query: { version: address.version, format } })
    const answer = await asked.catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'signing.not_logged' && performance.now() < until) return undefined
      throw error
    })
    if (answer === undefined) await delay(250)
    else if (Value.Check(ProofView, answer)) return answer
    else throw new Failure('the registry answered with something else than a proof of its log')
  }
}
