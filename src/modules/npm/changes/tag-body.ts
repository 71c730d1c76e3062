import type { Readable } from 'node:stream'
import { BodyTooLarge } from '../../../shared/kernel/http-errors.ts'
import { ChangeInvalid } from '../errors.ts'

const maxBytes = 4_096

/** The version in the body of a dist-tag: a JSON string, or the bare text of clients that forget the quotes. Throws ChangeInvalid, BodyTooLarge. */
export async function versionInBody(body: Readable): Promise<string> {
  const text = (await readText(body)).trim()
  const version = text.startsWith('"') ? jsonString(text) : text
  if (version === undefined || !/^[\x21-\x7e]{1,256}$/.test(version)) throw new ChangeInvalid('the body is a version, as a JSON string')
  return version
}

async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
