import type { Static, TObject, TSchema } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'

export type Environment = Readonly<Record<string, string | undefined>>

/** One reason why a boot stops: everything a person needs to mend it. */
export interface SettingProblem {
  readonly owner: string
  readonly path: string
  readonly expected: string
  readonly variable: string
}

export class InvalidSettings extends Error {
  constructor(problems: readonly SettingProblem[]) {
    super(['settings are invalid', ...problems.map(describe)].join('\n'))
    this.name = 'InvalidSettings'
  }
}
const describe = ({ owner, path, expected, variable }: SettingProblem): string => `  ${owner} ${path}: ${expected} (${variable})`

const upperSnake = (key: string): string => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()

/** The variables that set a key, first wins; a schema may name its own with `env: 'NAME'` or a list. */
export function variablesOf(prefix: string, key: string, schema: TSchema): readonly string[] {
  const own = schema['env'] as string | readonly string[] | undefined
  if (own !== undefined) return typeof own === 'string' ? [own] : own
  return [`${prefix}_${upperSnake(key)}`]
}

export interface SettingsSource {
  /** `kernel`, or `module <name>`: begins every message. */
  readonly owner: string
  /** Of the environment variables: `REGISTRY` or `REGISTRY_<MODULE>`. */
  readonly prefix: string
  readonly given: unknown
  readonly env: Environment
}

/** Defaults, then what `registry.config.ts` gives, then the environment. Adds what is wrong to `problems`. */
export function readSettings<C extends TObject>(schema: C, source: SettingsSource, problems: SettingProblem[]): Static<C> {
  const candidate = copyOf(source.given)
  for (const [key, property] of Object.entries(schema.properties)) {
    const text = fromEnvironment(source.env, variablesOf(source.prefix, key, property))
    if (text !== undefined) candidate[key] = fromText(property, text)
  }
  const value = Value.Default(schema, candidate)
  const errors = [...Value.Errors({ ...schema, additionalProperties: false }, value)]
  // The first reason is the one to mend: what is missing has the wrong type as well.
  for (const [error] of Map.groupBy(errors, ({ path }) => path).values()) if (error) problems.push(problemOf(error, schema, source))
  return value as Static<C>
}

function problemOf({ path, message, schema: wanted }: ValueError, schema: TObject, { owner, prefix }: SettingsSource): SettingProblem {
  const key = path.split('/')[1] ?? ''
  const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
  const variable = property ? (variablesOf(prefix, key, property)[0] ?? '') : 'no such setting'
  return { owner, path: path || '/', expected: expectation(message, wanted), variable }
}

/** Defaults are written into what is checked, and a configuration may be frozen or shared. */
function copyOf(given: unknown): Record<string, unknown> {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) return { settings: given }
  return copy(given) as Record<string, unknown>
}

/** Of plain data; anything else is kept as it is, for the schema to judge. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]))
}

const expectation = (message: string, wanted: TSchema): string => {
  const choices: unknown = wanted['anyOf']
  if (!Array.isArray(choices)) return message
  const values = choices.map((choice) => (typeof choice === 'object' && choice !== null && 'const' in choice ? choice.const : choice))
  return `Expected one of ${values.map(String).join(', ')}`
}

const fromEnvironment = (env: Environment, names: readonly string[]): string | undefined =>
  names.map((name) => env[name]).find((text) => text !== undefined && text !== '')

/** A text that does not fit is handed on as it is, so that the schema check names the expected type. */
function fromText(schema: TSchema, text: string): unknown {
  const kind: unknown = schema['type']
  if (kind === 'string' || (schema['anyOf'] !== undefined && Value.Check(schema, text))) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
