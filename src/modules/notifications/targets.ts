import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { Catalog } from '../metadata/contract.ts'
import { TargetInvalid } from './errors.ts'

/** What can be followed. A publisher is the owner of a namespace: whoever follows the namespace follows the publisher. */
export const Target = Type.Object(
  {
    kind: oneOf(['namespace', 'artifact', 'advisory']),
    namespace: Type.Optional(NamespaceSchema),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Of the artifact.' })),
    format: Type.Optional(ArtifactFormatSchema),
    advisory: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{2,127}$', description: 'For example GHSA-jf85-cpcp-j695.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'kind namespace: namespace; artifact: namespace, name and perhaps format; advisory: advisory.',
  },
)
export type Target = Static<typeof Target>

/** A target and the id by which events find those who follow it. */
export interface FoundTarget {
  readonly kind: Target['kind']
  readonly key: string
  readonly target: Target
}

/** Throws TargetInvalid, and what the catalog throws for what the caller may not read. */
export async function findTarget(
  catalog: Catalog,
  caller: Principal,
  { kind, namespace, name, format, advisory }: Target,
): Promise<FoundTarget> {
  if (kind === 'advisory') {
    if (advisory === undefined || namespace !== undefined || name !== undefined)
      throw new TargetInvalid('a target of kind advisory has the member advisory alone')
    return { kind, key: advisory, target: { kind, advisory } }
  }
  if (namespace === undefined || advisory !== undefined) throw new TargetInvalid(`a target of kind ${kind} names a namespace`)
  if (kind === 'namespace') {
    if (name !== undefined || format !== undefined) throw new TargetInvalid('a target of kind namespace names nothing but a namespace')
    const found = await catalog.namespace(caller, namespace, 'read')
    return { kind, key: found.id, target: { kind, namespace: found.name } }
  }
  if (name === undefined) throw new TargetInvalid('a target of kind artifact names a namespace and a name')
  const { artifact } = await catalog.locate(caller, { namespace, name, ...(format && { format }) }, 'read')
  return { kind, key: artifact.id, target: { kind, namespace: artifact.namespace, name: artifact.name, format: artifact.format } }
}
