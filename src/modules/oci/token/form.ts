import { FormInvalid } from './errors.ts'

const formType = /^application\/x-www-form-urlencoded(?:\s*;|$)/i

/** Reads a form (WHATWG URL, "application/x-www-form-urlencoded parsing"); the route's body limit bounds it. Throws FormInvalid. */
export async function readForm(contentType: string | undefined, body: AsyncIterable<Buffer>): Promise<URLSearchParams> {
  if (!formType.test(contentType ?? '')) throw new FormInvalid('the body must be application/x-www-form-urlencoded')
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

/** Throws FormInvalid when the field comes twice (RFC 6749 §3.2), or holds NUL. */
export function field(form: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = form.getAll(name)
  if (more.length > 0) throw new FormInvalid(`the field ${name} comes more than once`)
  if (value?.includes('\0')) throw new FormInvalid(`the field ${name} holds NUL`)
  return value
}
