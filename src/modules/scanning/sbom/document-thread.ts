import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Component } from '../analysis.contract.ts'
import { type DocumentParts, documentParts } from './document-parts.ts'

export type Said = { readonly components: readonly Component[] } | Omit<DocumentParts, 'components'>

const entry = new URL(`./document-worker${extname(import.meta.url)}`, import.meta.url)
/** To read as much takes some milliseconds, and the start of a thread many. */
const maxBytesHere = 262_144
const timeoutMs = 60_000
const unread: DocumentParts = { components: [], isList: false, other: undefined }
let turn: Promise<unknown> = Promise.resolve()

/** Large documents are read in a thread of their own, one after the other; nothing is read of one that does not fit into it or takes too long. */
export function readDocument(content: Buffer): Promise<DocumentParts> {
  if (content.length <= maxBytesHere) return Promise.resolve(documentParts(content))
  const read = turn.then(() => inThread(content))
  turn = read.catch(() => undefined)
  return read
}

async function inThread(content: Buffer): Promise<DocumentParts> {
  const components: Component[] = []
  // Nothing of the process is needed there.
  const worker = new Worker(entry, {
    ...{ execArgv: [], env: {}, workerData: content },
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 },
  })
  const timer = setTimeout(() => void worker.terminate(), timeoutMs)
  try {
    return await new Promise((resolve) => {
      worker.on('message', (said: Said) => {
        if ('components' in said) components.push(...said.components)
        else resolve({ ...said, components })
      })
      worker.on('error', () => resolve(unread))
      worker.on('exit', () => resolve(unread))
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
