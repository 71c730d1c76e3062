import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type ArtifactType, artifactTypes, formatOf } from '../shared/types/artifact-type.ts'
import { artifactPath, parseVersionAddress, type VersionAddress } from './address.ts'
import type { RegistryClient } from './client.ts'
import type { CommandContext } from './context.ts'
import { Failure, messageOf, usage } from './failure.ts'
import { fileDigest } from './file-digest.ts'
import { uploadFile } from './upload.ts'
import { UploadNote } from './upload-note.ts'

export interface PublishOptions {
  readonly type: string
  readonly format?: string
  readonly manifest?: string
  readonly mediaType: string
  readonly tag?: string[]
}

interface SentFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
  readonly sentBytes: number
}

export interface Published {
  readonly status: string
  readonly location: string
  /** Of the manifest. */
  readonly digest: string
  readonly files: readonly SentFile[]
}

interface StoredVersion {
  readonly manifestDigest: string
  readonly metadata: Readonly<Record<string, unknown>>
}
interface StoredManifest {
  readonly artifactType: string
  readonly layers: readonly { digest: string; mediaType: string; annotations?: Record<string, string> }[]
}
const titleAnnotation = 'org.opencontainers.image.title'

type Plan = VersionAddress & {
  readonly type: ArtifactType
  readonly format: string
  readonly mediaType: string
  readonly manifest: object | undefined
}

/** Files first, each through its session; then the version that names them; then its tags. */
export async function publish(
  context: CommandContext,
  job: { artifact: string; files: readonly string[]; options: PublishOptions },
): Promise<Published> {
  const { client } = context
  const plan = await planOf(job.artifact, job.options)
  const notes: UploadNote[] = []
  const files: SentFile[] = []
  for (const path of job.files) files.push(await sendFile(context, { path, plan, notes }))
  const published = await addVersion(context, { plan, files, notes })
  for (const note of notes) await note.remove()
  const { format, version } = plan
  for (const tag of job.options.tag ?? [])
    await client.send(artifactPath(plan, '-', 'tags', tag), { method: 'PUT', query: { format }, json: { version } })
  return { ...published, files }
}

async function planOf(artifact: string, { type: typeName, format, manifest, mediaType }: PublishOptions): Promise<Plan> {
  const address = parseVersionAddress(artifact)
  const type = artifactTypes.find((known) => known === typeName)
  if (!type) throw usage(`"${typeName}" is no artifact type: ${artifactTypes.join(', ')}`)
  return {
    ...address,
    type,
    mediaType,
    format: format ?? formatOf(type),
    manifest: manifest === undefined ? undefined : await readManifest(manifest),
  }
}

async function sendFile(
  { client, output, credentials }: CommandContext,
  job: { path: string; plan: Plan; notes: UploadNote[] },
): Promise<SentFile> {
  const { path, plan, notes } = job
  const { namespace, name, format } = plan
  const { digest, sizeBytes } = await fileDigest(path).catch((error: unknown) => {
    throw usage(messageOf(error))
  })
  const note = new UploadNote(credentials.folder, [client.baseUrl, digest, namespace, name, format])
  notes.push(note)
  const { sentBytes } = await uploadFile(client, output, { path, digest, sizeBytes, target: { namespace, name, format }, note })
  return { path, digest, sizeBytes, sentBytes }
}

async function addVersion(
  { client }: CommandContext,
  { plan, files, notes }: { plan: Plan; files: readonly SentFile[]; notes: readonly UploadNote[] },
): Promise<Omit<Published, 'files'>> {
  const { type, format, mediaType, manifest, version } = plan
  const layers = files.map(({ path, digest, sizeBytes }) => ({ digest, mediaType, title: basename(path), size: sizeBytes }))
  const json = { type, layers, ...(manifest && { manifest }) }
  try {
    return await client.json(artifactPath(plan, version), { method: 'POST', query: { format }, json })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'metadata.version_exists') return stored(client, { plan, layers, error })
    if (error.code !== 'artifacts.blob_unknown') throw error
    // What a note remembers as sent was collected in the meantime.
    for (const note of notes) await note.remove()
    throw new Failure(`${error.message}\n  run the same command again to send the files anew`, { problem: error.problem })
  }
}

interface SentLayer {
  readonly digest: string
  readonly mediaType: string
  readonly title: string
}

/** The answer to an earlier call may have been lost: a version of exactly these files is what was asked for. Throws `error` for any other. */
async function stored(
  client: RegistryClient,
  { plan, layers, error }: { plan: Plan; layers: readonly SentLayer[]; error: Failure },
): Promise<Omit<Published, 'files'>> {
  const query = { format: plan.format }
  const path = artifactPath(plan, plan.version)
  try {
    const { manifestDigest: digest, metadata } = await client.json<StoredVersion>(`${path}/metadata`, { query })
    const manifest = await client.json<StoredManifest>(artifactPath(plan, '-', 'manifests', digest), { query })
    const there = manifest.layers.map(({ digest, mediaType, annotations }) => [digest, mediaType, annotations?.[titleAnnotation]])
    const ours = layers.map(({ digest, mediaType, title }) => [digest, mediaType, title])
    if (
      manifest.artifactType === `application/vnd.gati.${plan.type}.v1` &&
      isDeepStrictEqual(there, ours) &&
      saysTheSame(metadata, plan.manifest)
    )
      return { status: 'completed', location: `${client.baseUrl}${path}`, digest }
  } catch {
    // Not readable, so not known to be the same.
  }
  throw error
}

/** What the registry itself adds to a manifest is no difference. */
const saysTheSame = (metadata: Readonly<Record<string, unknown>>, manifest: object = {}): boolean =>
  Object.entries(manifest).every(([key, value]) => isDeepStrictEqual(metadata[key], value))

async function readManifest(path: string): Promise<object> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usage(messageOf(error))
  })
  try {
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)) return manifest
  } catch {
    throw usage(`${path} is not JSON`)
  }
  throw usage(`${path} is not a JSON object`)
}
