import { readFile } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Ask, PackedText, Reply, ShownParts, Task, WrittenDocument } from './document-messages.ts'
import { type ReadDocument, readDocument, writeDocument } from './upstream-document.ts'

// The entry of a worker thread: documents of other registries have dozens of megabytes, and are read and written here, away from the loop that answers requests.

let current: ReadDocument | undefined

async function run(task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'read': {
      current = undefined
      const bytes = await readFile(task.path)
      const { source, ...parts } = readDocument(bytes.toString('utf8', bytes.indexOf('\n') + 1), task.rules)
      current = { source, ...parts }
      return parts satisfies ShownParts
    }
    case 'write': {
      if (!current) throw new Error('nothing was read')
      const { revision, lastModified, full, abbreviated } = writeDocument(current, task.rules)
      current = undefined
      return { revision, lastModified, full: pack(full), abbreviated: pack(abbreviated) } satisfies WrittenDocument
    }
    case 'manifest': {
      const { versions } = JSON.parse(gunzipSync(task.gzip).toString('utf8')) as { versions: Record<string, unknown> }
      return JSON.stringify(versions[task.version])
    }
  }
}

const pack = (text: Buffer): PackedText => ({ gzip: gzipSync(text), sizeBytes: text.length })

parentPort?.on('message', ({ id, ...task }: Ask) => {
  const answer = (reply: Reply): void => parentPort?.postMessage(reply)
  run(task as Task).then(
    (result) => answer({ id, result }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
  )
})
