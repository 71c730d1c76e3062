import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { S3Store } from './s3-store.ts'
import { checkedKey } from './storage-key.ts'

const Segment = Type.Object({ name: Type.String(), start: Type.Integer({ minimum: 0 }), sizeBytes: Type.Integer({ minimum: 0 }) })
/** An object that holds bytes of an upload, `start` of which come before it. */
export type Segment = Static<typeof Segment>

/** Who writes to an upload, and the segments of earlier writers that he goes on after. */
const UploadState = Type.Object({ writer: Type.String(), base: Type.Array(Segment) })

export interface UploadChain {
  readonly writer: string
  /** In order and without a gap. */
  readonly segments: readonly Segment[]
  readonly sizeBytes: number
  /** Segments that count no more: of writers that were taken over from, and ends that were written again with more. */
  readonly stale: readonly string[]
}

export const uploadsFolder = 'uploads/'
const stateName = 'state'
export const touchedName = 'touched'

export const objectKey = (uploadKey: string, name: string): string => `${uploadsFolder}${checkedKey(uploadKey)}/${name}`
export const stateKey = (uploadKey: string): string => objectKey(uploadKey, stateName)
/** Names sort by `start`. */
export const segmentName = (writer: string, start: number): string => `${writer}.${String(start).padStart(16, '0')}`

export const sizeOf = (segments: readonly Segment[]): number => {
  const last = segments.at(-1)
  return last ? last.start + last.sizeBytes : 0
}

/** What the store has of an upload. */
export async function readChain(store: S3Store, uploadKey: string): Promise<UploadChain | undefined> {
  const folder = objectKey(uploadKey, '')
  const [state, objects] = await Promise.all([readState(store, uploadKey), store.listAll(folder)])
  if (!state) return undefined
  const sizes = new Map(objects.map(({ key, sizeBytes }) => [key.slice(folder.length), sizeBytes]))
  const segments = [...existing(state.base, sizes)]
  for (const [name, sizeBytes] of [...sizes].filter(([name]) => name.startsWith(`${state.writer}.`)).sort(byName)) {
    const start = Number(name.slice(state.writer.length + 1))
    // The end of the base was too short for a part, so its bytes were written again with what came after them.
    while (segments.length > 0 && (segments.at(-1)?.start ?? 0) >= start) segments.pop()
    if (sizeOf(segments) !== start) break
    segments.push({ name, start, sizeBytes })
  }
  const counted = new Set([...segments.map(({ name }) => name), stateName, touchedName])
  return { writer: state.writer, segments, sizeBytes: sizeOf(segments), stale: [...sizes.keys()].filter((name) => !counted.has(name)) }
}

/** Up to the first one that was taken away by somebody who had written its bytes anew. */
function* existing(base: readonly Segment[], sizes: ReadonlyMap<string, number>): Generator<Segment> {
  for (const segment of base) {
    if (sizes.get(segment.name) !== segment.sizeBytes) return
    yield segment
  }
}

const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1)

async function readState(store: S3Store, uploadKey: string): Promise<Static<typeof UploadState> | undefined> {
  const text = await store.readText(stateKey(uploadKey))
  return text === undefined ? undefined : Value.Parse(UploadState, JSON.parse(text))
}

export const writerOf = async (store: S3Store, uploadKey: string): Promise<string | undefined> =>
  (await readState(store, uploadKey))?.writer

export const writeState = (store: S3Store, uploadKey: string, state: Static<typeof UploadState>): Promise<void> =>
  store.put(stateKey(uploadKey), Buffer.from(JSON.stringify(state)))
