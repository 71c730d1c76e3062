import type { Static, TObject, TSchema } from '@sinclair/typebox'
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value'
import type { ManifestProblem } from './manifest-problem.ts'

/** What the manifests of one type look like. */
export interface ManifestGrammar {
  readonly findProblems: (manifest: unknown) => ManifestProblem[]
}

const maxProblems = 100

/** The rules see only manifests that fit the schema. */
export function defineManifest<S extends TObject>(schema: S, ...rules: ((manifest: Static<S>) => ManifestProblem[])[]): ManifestGrammar {
  return {
    findProblems: (manifest) => {
      const misfits = findMisfits(schema, manifest)
      return misfits.length > 0 ? misfits : rules.flatMap((rule) => rule(manifest as Static<S>)).slice(0, maxProblems)
    },
  }
}

function findMisfits(schema: TSchema, manifest: unknown): ManifestProblem[] {
  const byPath = new Map<string, ManifestProblem>()
  for (const error of Value.Errors(schema, manifest)) {
    // A missing member is reported again as a member of the wrong type, a long text again as one off its pattern.
    if (!byPath.has(error.path)) byPath.set(error.path, describe(error))
    if (byPath.size === maxProblems) break
  }
  return [...byPath.values()]
}

const describe = ({ type, path, schema, message, value }: ValueError): ManifestProblem => ({
  path,
  message: type === ValueErrorType.ObjectRequiredProperty ? 'is missing' : `does not fit: it is ${kindOf(value)}`,
  expected: named(schema) ?? (type === ValueErrorType.ObjectRequiredProperty ? kindWanted(schema) : message.replace(/^Expected /, '')),
})

function named(schema: TSchema): string | undefined {
  const own: unknown = schema['expected']
  if (typeof own === 'string') return own
  const choices: unknown = schema['anyOf']
  if (!Array.isArray(choices)) return undefined
  return `one of ${choices.map((choice: TSchema) => String(choice['const'] ?? choice['type'])).join(', ')}`
}

const withArticle = (kind: string): string => (/^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`)
const kindWanted = (schema: TSchema): string => withArticle(String(schema['const'] ?? schema['type'] ?? 'value'))

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : `the ${typeof value} ${String(value)}`
  return value.length > 80 ? `a text of ${value.length} characters` : `the text ${JSON.stringify(value)}`
}
