import { parentPort, workerData } from 'node:worker_threads'
import { documentParts } from './document-parts.ts'
import type { Said } from './document-thread.ts'

// The entry of a worker thread: reads one document of many megabytes, and tells what is in it in pieces that hold up nobody.

const atOnce = 500
const say = (said: Said): void => parentPort?.postMessage(said)

const { components, ...rest } = documentParts(Buffer.from(workerData as Uint8Array))
for (let at = 0; at < components.length; at += atOnce) say({ components: components.slice(at, at + atOnce) })
say(rest)
