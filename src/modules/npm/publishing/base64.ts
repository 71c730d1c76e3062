import { asTransient } from '../../../shared/kernel/transient-bytes.ts'
import { PublishInvalid } from './errors.ts'

const malformed = () => new PublishInvalid('data of the tarball is not base64')

/** Decodes base64 (RFC 4648 §4, padded) in whatever pieces it comes. Throws PublishInvalid, where the decoder of node skips what it does not know. */
export async function* decodeBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let carry = ''
  let isPadded = false
  for await (const piece of pieces) {
    const text = carry + piece.toString('latin1')
    const length = text.length - (text.length % 4)
    carry = text.slice(length)
    if (length === 0) continue
    if (isPadded) throw malformed()
    isPadded = text[length - 1] === '='
    yield asTransient(decodeQuads(text.slice(0, length)))
  }
  if (carry !== '') throw malformed()
}

function decodeQuads(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='))
  if (bytes.length !== (text.length / 4) * 3 - padding) throw malformed()
  return bytes
}
