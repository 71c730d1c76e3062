import type { Static } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { type RangeHeaders, sendBlob } from '../../artifacts/send-blob.ts'
import type { PackageTarball } from '../../packuments/contract.ts'

interface Exchange {
  readonly request: { readonly method: string; readonly headers: Static<typeof RangeHeaders> }
  readonly reply: FastifyReply
}

/** Answers GET and HEAD with the bytes of a version. */
export async function sendTarball(
  { request, reply }: Exchange,
  { blob, content }: PackageTarball,
  { file, cacheControl }: { readonly file: string; readonly cacheControl: string },
): Promise<void> {
  reply.header('cache-control', cacheControl)
  const { range, 'if-none-match': ifNoneMatch } = request.headers
  if (content && request.method === 'GET' && range === undefined && ifNoneMatch === undefined) {
    // What `sendBlob` says of it, without the way through a stream. The name of a file that was found is harmless.
    reply.header('etag', `"${blob.digest}"`).header('docker-content-digest', blob.digest).header('accept-ranges', 'bytes')
    reply.header('content-security-policy', "default-src 'none'; sandbox").header('content-disposition', `attachment; filename="${file}"`)
    reply.header('content-type', 'application/octet-stream').header('content-length', content.length)
    reply.send(content)
    return
  }
  try {
    await sendBlob(request, reply, { blob, as: { mediaType: 'application/octet-stream', fileName: file } })
  } catch (error) {
    reply.removeHeader('cache-control')
    throw error
  }
}
