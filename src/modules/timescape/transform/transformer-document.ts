import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { parseNamespace } from '../../../shared/types/namespace-name.ts'
import { isVersionRange } from '../../../shared/types/version.ts'
import { type Operation, stepsOf, Transformation } from './operations.ts'

const Document = Type.Object({
  fromArtifact: Type.String({ minLength: 1, maxLength: 512 }),
  fromVersion: Type.String({ minLength: 1, maxLength: 256 }),
  toVersion: Type.String({ minLength: 1, maxLength: 256 }),
  transformations: Type.Array(Transformation, { minItems: 1, maxItems: 1_000 }),
})
const checker = TypeCompiler.Compile(Document)

/** What a transformer does to payloads of one type, in both directions. */
export interface TransformerStep {
  readonly type: string
  readonly forward: readonly Operation[]
  readonly backward: readonly Operation[]
}

/** Every alternative is held against every version. */
const maxAlternatives = 8

export interface TransformerTarget {
  readonly namespace: string
  readonly name: string
}

/** Why the manifest of a transformer cannot be used; null when it can. The manifest's own rules were checked at its publish. */
export function problemOf(metadata: Readonly<Record<string, unknown>>): string | null {
  const error = checker.Errors(metadata).First()
  if (error) return `${error.path || '/'}: ${error.message}`
  const { fromVersion, toVersion } = metadata
  for (const range of [fromVersion, toVersion]) {
    if (typeof range !== 'string' || !isVersionRange(range)) return `${JSON.stringify(range)} is no range of versions`
    if (range.split('||').length > maxAlternatives) return `${JSON.stringify(range)} has more than ${maxAlternatives} alternatives`
  }
  return null
}

const longForm = /^(?:gati\.dev\/(?:users|orgs)\/|@)/

/** What `fromArtifact` means in the namespace of the transformer. */
export function targetOf(fromArtifact: string, ownNamespace: string): TransformerTarget {
  const short = fromArtifact.replace(longForm, '')
  const slash = short.indexOf('/')
  const namespace = slash > 0 ? parseNamespace(short.slice(0, slash)) : undefined
  return namespace === undefined ? { namespace: ownNamespace, name: short } : { namespace, name: short.slice(slash + 1) }
}

/** From the document that was kept, which `problemOf` had nothing against. */
export const transformerSteps = (document: unknown): readonly TransformerStep[] =>
  checker.Check(document) ? document.transformations.map((one) => ({ type: one.type, ...stepsOf(one) })) : []
