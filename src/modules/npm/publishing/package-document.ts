import { BadExchange } from '../../../shared/kernel/http-errors.ts'
import { DocumentTooLarge, PublishInvalid } from './errors.ts'
import type { JsonText } from './json-text.ts'

export type Members = Readonly<Record<string, unknown>>
export const isRecord = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A package document as clients send it, cut down to what this registry does something with. Clients that deprecate send back the whole document
 * they got, so of each version only `deprecated` is kept, and all of the manifest of the first one.
 */
export interface PackageDocument<Tarball> {
  readonly name?: string
  /** `_rev`. */
  readonly revision?: string
  /** By version; undefined where there was no `deprecated`, which may also be empty. */
  readonly versions: ReadonlyMap<string, string | undefined>
  readonly firstManifest?: Members
  readonly distTags?: Members
  readonly access?: unknown
  readonly users?: unknown
  readonly maintainers?: unknown
  /** There was something to publish. */
  readonly hasAttachments: boolean
  readonly tarball?: Tarball
  /** A Sigstore bundle, as JSON text. */
  readonly bundle?: string
}

/** Takes the content of the tarball, still in base64, while it arrives; the document so far is what came before it. */
export type TakeTarball<Tarball> = (content: AsyncIterable<Buffer>, soFar: PackageDocument<Tarball>) => Promise<Tarball>

type Draft<Tarball> = { -readonly [K in keyof PackageDocument<Tarball>]: PackageDocument<Tarball>[K] } & {
  versions: Map<string, string | undefined>
}

const maxVersions = 100_000
/** Members nobody looks at may have a key for each version. */
const wide = { depth: 64, keys: 200_000 }

/** Reads one document, whose members may come in any order; `maxBytes` are of one that publishes, and of what is kept of any. */
export async function readPackageDocument<Tarball>(
  json: JsonText,
  take: TakeTarball<Tarball>,
  maxBytes: number,
): Promise<PackageDocument<Tarball>> {
  const before = json.bytesRead
  const draft: Draft<Tarball> = { versions: new Map(), hasAttachments: false }
  const readers: Readonly<Record<string, () => Promise<void>>> = {
    versions: () => readVersions(json, draft, maxBytes),
    _attachments: () => readAttachments(json, draft, take),
    name: async () => assignText(draft, 'name', await json.value()),
    _rev: async () => assignText(draft, 'revision', await json.value()),
    'dist-tags': async () => {
      const tags = await json.value()
      if (isRecord(tags)) draft.distTags = tags
    },
    access: async () => {
      draft.access = await json.value()
    },
    users: async () => {
      draft.users = await json.value(wide)
    },
    maintainers: async () => {
      draft.maintainers = await json.value()
    },
  }
  await json.object(async (key) => {
    if (Object.hasOwn(readers, key)) await readers[key]?.()
    else await json.value(wide)
    if (draft.hasAttachments && json.bytesRead - before > maxBytes) throw new DocumentTooLarge(maxBytes)
  })
  return draft
}

function assignText<K extends 'name' | 'revision'>(draft: { [P in K]?: string }, member: K, value: unknown): void {
  if (typeof value === 'string') draft[member] = value
}

async function readVersions<Tarball>(json: JsonText, draft: Draft<Tarball>, maxBytes: number): Promise<void> {
  let kept = 0
  await eachMember(json, async (version) => {
    const manifest = await json.value()
    if (!isRecord(manifest)) throw new BadExchange(400, 'request.invalid_json', 'a version of the document is no object')
    draft.firstManifest ??= manifest
    const deprecated = typeof manifest['deprecated'] === 'string' ? manifest['deprecated'] : undefined
    kept += version.length + (deprecated?.length ?? 0)
    if (draft.versions.size >= maxVersions || kept > maxBytes) throw new DocumentTooLarge(maxBytes)
    draft.versions.set(version, deprecated)
  })
}

async function readAttachments<Tarball>(json: JsonText, draft: Draft<Tarball>, take: TakeTarball<Tarball>): Promise<void> {
  await eachMember(json, async (fileName) => {
    draft.hasAttachments = true
    const isBundle = fileName.endsWith('.sigstore')
    await eachMember(json, async (key) => {
      if (key !== 'data') await json.value()
      else if (isBundle) await readBundle(json, draft)
      else {
        if (draft.tarball !== undefined) throw new PublishInvalid('it has two tarballs')
        draft.tarball = await take(json.text(), draft)
      }
    })
  })
}

async function readBundle<Tarball>(json: JsonText, draft: Draft<Tarball>): Promise<void> {
  if (draft.bundle !== undefined) throw new PublishInvalid('it has two attestations')
  const bundle = await json.value()
  if (typeof bundle !== 'string') throw new PublishInvalid('its attestation is no text')
  draft.bundle = bundle
}

/** Of an object; null and anything else that is none has no members. */
async function eachMember(json: JsonText, member: (key: string) => Promise<void>): Promise<void> {
  if (await json.startsObject()) await json.object(member)
  else await json.value()
}
