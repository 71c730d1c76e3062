import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Outbound } from '../shared/kernel/outbound.ts'
import { Failure, messageOf } from './failure.ts'

const maxDownloadBytes = 4_294_967_296
const timeoutMs = 3_600_000

export const isUrl = (source: string): boolean => /^https?:\/\//i.test(source)

export interface DownloadedSource extends AsyncDisposable {
  readonly path: string
}

/** A zip archive or a single document, as a file that is gone when it was read. Throws a failure that says why there is none. */
export async function downloadAdvisories(outbound: Outbound, url: string, maxBytes = maxDownloadBytes): Promise<DownloadedSource> {
  const folder = await mkdtemp(join(tmpdir(), 'gati-advisories-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, /\.json$/i.test(new URL(url).pathname) ? 'advisory.json' : 'advisories.zip')
    await fetchTo(path, { outbound, url, maxBytes })
    return { path, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error instanceof Failure ? error : new Failure(`${url} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

interface Fetched {
  readonly outbound: Outbound
  readonly url: string
  readonly maxBytes: number
}

async function fetchTo(path: string, { outbound, url, maxBytes }: Fetched): Promise<void> {
  const answer = await outbound.request(url, { signal: AbortSignal.timeout(timeoutMs) })
  if (answer.status !== 200) {
    answer.discard()
    throw new Failure(`${url} was answered with ${answer.status}`)
  }
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > maxBytes ? new Failure(`${url} is larger than ${maxBytes} bytes`) : null, chunk)
    },
  })
  await pipeline(answer.body, counted, createWriteStream(path))
}
