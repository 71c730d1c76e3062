import { Readable } from 'node:stream'
import { FormInvalid } from './errors.ts'

const formType = /^application\/x-www-form-urlencoded(?:\s*;|$)/i

/** Reads the form of the login page; the route's body limit bounds it. Throws FormInvalid. */
export async function readForm(contentType: string | undefined, body: unknown): Promise<(name: string) => string> {
  if (!formType.test(contentType ?? '') || !(body instanceof Readable)) throw new FormInvalid('the body must be a form')
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  return (name) => {
    const [value = '', ...more] = form.getAll(name)
    if (more.length > 0 || value.includes('\0')) throw new FormInvalid(`the field ${name} comes more than once, or holds NUL`)
    return value
  }
}
