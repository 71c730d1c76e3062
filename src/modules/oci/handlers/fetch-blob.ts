import type { Static } from '@sinclair/typebox'
import { RangeUnsatisfiable } from '../../artifacts/errors.ts'
import { type RangeHeaders, sendBlob } from '../../artifacts/send-blob.ts'
import { admit, type Handle, requireDigest } from '../call.ts'
import { noteNamespace } from '../source-namespace.ts'

const backwards = /^bytes=(\d+)-(\d+)$/

/** GET and HEAD `/v2/<name>/blobs/<digest>`. */
export const fetchBlob: Handle<'blob'> = async ({ request, reply, operation }, { repositories }) => {
  const ref = admit(request, operation.repository, 'read')
  const blob = await repositories.blob(request.principal, ref, requireDigest(operation.digest))
  if (endsBeforeItBegins(request.headers.range)) {
    reply.header('content-range', `bytes */${blob.sizeBytes}`)
    throw new RangeUnsatisfiable(blob.sizeBytes)
  }
  noteNamespace(request, reply)
  return sendBlob({ method: request.method, headers: request.headers as Static<typeof RangeHeaders> }, reply, {
    blob,
    as: { mediaType: 'application/octet-stream' },
  })
}

/** RFC 9110 §14.1.1 lets a server ignore such a range; clients of this door expect 416. */
function endsBeforeItBegins(range: string | undefined): boolean {
  const [, first, last] = backwards.exec(range ?? '') ?? []
  return first !== undefined && last !== undefined && Number(last) < Number(first)
}
