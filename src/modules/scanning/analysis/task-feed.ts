import type { Readable, Writable } from 'node:stream'
import { releaseBytes } from '../../../shared/kernel/transient-bytes.ts'
import { AnalysisFailed } from './analysis-failed.ts'
import type { AnalysisInput, AnalysisLayer } from './analysis-input.ts'
import { chunkFrames, endOfBlob, headerFrame, lostBlob } from './frames.ts'
import type { TaskHeader } from './task-header.ts'

interface Task extends Pick<TaskHeader, 'folder' | 'isNetworkOpen'> {
  readonly input: AnalysisInput
}

/** Writes a task as fast as the child reads, and answers how many bytes its content took. A child that ended is told of by its exit. */
export async function feedTask(stdin: Writable, task: Task, stopped: AbortSignal): Promise<number> {
  const { input } = task
  let bytes = 0
  await write(stdin, [headerFrame(headerOf(task))], stopped)
  for (const layer of input.layers) {
    if (stopped.aborted || stdin.destroyed) break
    bytes += await feedLayer(stdin, layer, stopped)
  }
  return bytes
}

const headerOf = ({ input, folder, isNetworkOpen }: Task): TaskHeader => ({
  kind: input.kind,
  layers: input.layers.map(({ mediaType, fileName, sizeBytes }) => ({ mediaType, fileName: fileName ?? '', sizeBytes })),
  metadata: input.metadata,
  popularNames: input.popularNames ?? [],
  ...{ folder, isNetworkOpen },
})

async function feedLayer(stdin: Writable, layer: AnalysisLayer, stopped: AbortSignal): Promise<number> {
  let blob: Readable | undefined
  let bytes = 0
  // A blob that gives nothing more must not keep a task that is over.
  const leave = () => blob?.destroy()
  stopped.addEventListener('abort', leave, { once: true })
  try {
    blob = await layer.open()
    for await (const chunk of blob as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (!(await write(stdin, chunkFrames(chunk), stopped))) return bytes
      // Left to the garbage collector, half a gigabyte of them holds up the loop more often than all else that is done here.
      releaseBytes(chunk)
    }
    await write(stdin, [endOfBlob()], stopped)
    return bytes
  } catch (error) {
    await write(stdin, [lostBlob()], stopped)
    throw new AnalysisFailed('unreadable', `a blob could not be read: ${(error as Error).message}`, { cause: error })
  } finally {
    stopped.removeEventListener('abort', leave)
    blob?.destroy()
  }
}

/** Whether the pipe took them all, so that nobody looks at their bytes any more. */
function write(stdin: Writable, frames: readonly Buffer[], stopped: AbortSignal): Promise<boolean> {
  if (stdin.destroyed || stopped.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const leave = () => resolve(false)
    stopped.addEventListener('abort', leave, { once: true })
    const end = (error?: Error | null) => {
      stopped.removeEventListener('abort', leave)
      resolve(!error)
    }
    let left = frames.length
    if (left === 0) end()
    stdin.cork()
    for (const frame of frames)
      stdin.write(frame, (error) => {
        left -= 1
        if (error || left === 0) end(error)
      })
    stdin.uncork()
  })
}
