import { Type } from '@sinclair/typebox'

const printable = '^[^\\u0000-\\u001f\\u007f]*$'

/** Of accounts and teams. */
export const Name = Type.String({ minLength: 1, maxLength: 39, pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$' })
export const Password = Type.String({ minLength: 1, maxLength: 1_000 })
export const NewPassword = Type.String({ minLength: 8, maxLength: 1_000 })
export const LoginName = Type.String({ minLength: 1, maxLength: 100, pattern: printable })
export const Text = Type.String({ maxLength: 100, pattern: printable })
export const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$' })
export const Done = Type.Object({ ok: Type.Literal(true) })
export const done = { ok: true } as const

const body = 16_384
/** Bytes of what these routes read. */
export const smallBody = { bodyLimit: body } as const
