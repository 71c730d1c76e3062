import { buffer } from 'node:stream/consumers'
import type { BlobDriver, BlobPresentation } from '../contract.ts'
import { dispositionOf } from '../disposition.ts'
import { BlobMissing } from '../errors.ts'
import type { ArtifactsSettings } from '../settings.ts'
import { touchedName, uploadsFolder } from './s3-chain.ts'
import { type S3Object, S3Store } from './s3-store.ts'
import { S3Uploads } from './s3-uploads.ts'
import { checkedKey } from './storage-key.ts'

const [copies, touches, quarantine] = ['copies/', 'touched/', 'quarantine/'] as const
const dayMs = 86_400_000

/**
 * Copies under `copies/<key>`, unfinished uploads under `uploads/<key>/`, damaged copies under `quarantine/<key>`. Objects never change, so what says
 * that a copy is still worked on is an object of its own, under `touched/<key>`.
 */
export async function openS3Driver(settings: ArtifactsSettings): Promise<BlobDriver> {
  // Only those who use it pay for loading it.
  const store = new S3Store(await import('@aws-sdk/client-s3'), settings)
  const uploads = new S3Uploads(store, settings.s3PartSize)
  const copyKey = (key: string) => `${copies}${checkedKey(key)}`

  return {
    name: 's3',
    append: (key, offset, body) => uploads.append(key, offset, body),
    uploadSize: (key) => uploads.size(key),
    readUpload: (key) => uploads.read(key),
    store: async (key, body) => store.put(copyKey(key), await buffer(body)),
    commit: async (uploadKey, storageKey) => uploads.commit(uploadKey, copyKey(storageKey)),
    abort: (key) => uploads.remove(key),
    read: async (key, range) => store.read(copyKey(key), range),
    size: async (key) => store.size(copyKey(key)),
    remove: async (key) => store.remove(copyKey(key)),
    async quarantine(key) {
      const sizeBytes = await store.size(copyKey(key))
      if (sizeBytes === undefined) return
      await store.concatenate(`${quarantine}${key}`, [{ key: copyKey(key), sizeBytes }]).catch(ignoreMissing)
      await store.remove(copyKey(key))
    },
    touch: async (kind, key) => (kind === 'copy' ? store.put(`${touches}${checkedKey(key)}`, Buffer.alloc(0)) : uploads.touch(key)),
    list: () => list(store),
    ping: () => store.ping(),
    ...(settings.s3Redirect && { locate: async (key: string, as: BlobPresentation) => locate(store, copyKey(key), as) }),
  }
}

async function locate(store: S3Store, key: string, as: BlobPresentation) {
  const disposition = dispositionOf(as)
  const url = await store.presign(key, {
    ResponseContentType: as.mediaType,
    ...(disposition !== undefined && { ResponseContentDisposition: disposition }),
  })
  return { kind: 'redirect', url } as const
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof BlobMissing)) throw error
}

async function* list(store: S3Store): ReturnType<BlobDriver['list']> {
  yield* listUploads(store)
  const touched = await readTouches(store)
  await store.dropAssemblies(copies, new Date(Date.now() - dayMs))
  for await (const { key: name, sizeBytes, modifiedAt } of store.list(copies)) {
    const key = name.slice(copies.length)
    yield { kind: 'copy', key, sizeBytes, modifiedAt: later(modifiedAt, touched.get(key)) }
  }
}

/** When copies were touched. What was touched a day ago is not worked on any more. */
async function readTouches(store: S3Store): Promise<ReadonlyMap<string, Date>> {
  const touched = new Map<string, Date>()
  const old: string[] = []
  for await (const { key, modifiedAt } of store.list(touches)) {
    if (Date.now() - modifiedAt.getTime() > dayMs) old.push(key)
    else touched.set(key.slice(touches.length), modifiedAt)
  }
  await store.removeAll(old)
  return touched
}

async function* listUploads(store: S3Store): ReturnType<BlobDriver['list']> {
  let open: { kind: 'upload'; key: string; sizeBytes: number; modifiedAt: Date } | undefined
  for await (const { key: name, sizeBytes, modifiedAt } of store.list(uploadsFolder)) {
    const key = name.slice(uploadsFolder.length).split('/')[0] ?? ''
    if (open && open.key !== key) {
      yield open
      open = undefined
    }
    const counted = isSegment(name) ? sizeBytes : 0
    open = { kind: 'upload', key, sizeBytes: (open?.sizeBytes ?? 0) + counted, modifiedAt: later(modifiedAt, open?.modifiedAt) }
  }
  if (open) yield open
}

const isSegment = (name: string): boolean => !name.endsWith('/state') && !name.endsWith(`/${touchedName}`)

const later = (a: S3Object['modifiedAt'], b: Date | undefined): Date => (b && b > a ? b : a)
