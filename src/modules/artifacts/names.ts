import { Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'

/** Path parameters as a door decodes them; the catalog checks the grammar of each. Longer ones never get that far. */
export const ArtifactParams = Type.Object({
  namespace: Type.String({ minLength: 1, maxLength: 255 }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
})
export const VersionParams = Type.Object({
  namespace: Type.String({ minLength: 1, maxLength: 255 }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  version: Type.String({ minLength: 1, maxLength: 255 }),
})
export const FormatQuery = Type.Object({
  format: Type.Optional(oneOf(['oci', 'npm', 'model', 'generic'])),
})

/** Leaves out what is not there, for optional properties under `exactOptionalPropertyTypes`. */
export function artifactRef(params: { namespace: string; name: string }, query: { format?: 'oci' | 'npm' | 'model' | 'generic' }) {
  const { namespace, name } = params
  return query.format === undefined ? { namespace, name } : { namespace, name, format: query.format }
}
