import { Type } from '@sinclair/typebox'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'

export const Uuid = Type.String({ pattern: uuidForm.source })
export const IdParams = Type.Object({ id: Uuid })
export const NamespaceParams = Type.Object({ namespace: NamespaceSchema })
export const WebhookParams = Type.Object({ namespace: NamespaceSchema, id: Uuid })
export const DeliveryParams = Type.Object({ namespace: NamespaceSchema, id: Uuid, delivery: Uuid })
export const NoContent = Type.Null({ description: 'Done.' })
/** A link of a mail; long enough to be guessed by nobody. */
export const TokenParams = Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) })

/** Of a page that shows nothing of others and holds a secret in its address. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
}
