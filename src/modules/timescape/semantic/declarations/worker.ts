import { parentPort } from 'node:worker_threads'
import { compareDeclarations } from './compare-declarations.ts'
import type { Ask, Reply } from './messages.ts'

// The entry of a worker thread: the compiler takes seconds, and memory that has an end here.

parentPort?.on('message', ({ id, ...pair }: Ask) => parentPort?.postMessage(answer(id, pair)))

function answer(id: number, pair: Omit<Ask, 'id'>): Reply {
  try {
    return { id, changes: compareDeclarations(pair) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}
