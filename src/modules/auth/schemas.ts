import { Type } from '@sinclair/typebox'
import type { Scope } from '../../shared/kernel/principal.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'

/** Postgres stores no NUL, and a name of control characters is a trick. */
const printable = '^[^\\u0000-\\u001f\\u007f]*$'
const name = '^[a-z0-9]+(?:-[a-z0-9]+)*$'

export const Name = Type.String({ minLength: 1, maxLength: 39, pattern: name })
/** Also the long forms; the service decides. */
export const NewName = Type.String({ minLength: 1, maxLength: 54, pattern: printable })
export const DisplayName = Type.String({ minLength: 1, maxLength: 100, pattern: printable })
export const Description = Type.String({ maxLength: 500, pattern: printable })
export const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$' })
export const NewPassword = Type.String({ minLength: 8, maxLength: 1_000 })
export const Password = Type.String({ minLength: 1, maxLength: 1_000 })
/** A code of an authenticator, or a recovery code. */
export const Otp = Type.String({ minLength: 1, maxLength: 64, pattern: printable })
export const LoginName = Type.String({ minLength: 1, maxLength: 100, pattern: printable })
export const Uuid = Type.String({ pattern: uuidForm.source })
export const ScopeName = Type.Unsafe<Scope>({ type: 'string', enum: ['read', 'publish', 'admin'] })
export const NullableString = Type.Union([Type.String(), Type.Null()])
/** `namespace/name`, as its door spells it. */
export const ArtifactPath = Type.String({ minLength: 3, maxLength: 300, pattern: '^[a-z0-9-]+/[a-z0-9._/-]+$' })
export const Nothing = Type.Null()
