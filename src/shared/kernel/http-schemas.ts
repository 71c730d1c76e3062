import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import fastJsonStringify from 'fast-json-stringify'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'

export interface SchemaCompilers {
  readonly validator: FastifySchemaCompiler<object>
  readonly serializer: Parameters<FastifyInstance['setSerializerCompiler']>[0]
  /** Compiles what no request has needed yet. Throws on the first schema that is no good. */
  compileAll(): void
}

/**
 * Validators and serializers, each compiled when it is first needed: those of 300 routes add half a second to a start and 17 MB to a process.
 * Texts of URLs and headers become the numbers, booleans and lists of their schema; bodies are taken as they are (D-32).
 */
export function createSchemaCompilers(): SchemaCompilers {
  const strict = createAjv(false)
  const lenient = createAjv('array')
  const pending: (() => unknown)[] = []
  return {
    validator: ({ schema, httpPart }) => {
      const compile = once(() => (httpPart === 'body' ? strict.compile(schema) : refuseInfinity(lenient.compile(schema))))
      pending.push(compile)
      return lazyValidator(compile)
    },
    serializer: ({ schema }) => {
      const compile = once(() => fastJsonStringify(schema as Parameters<typeof fastJsonStringify>[0]))
      pending.push(compile)
      return (data) => compile()(data)
    },
    compileAll() {
      for (const compile of pending.splice(0)) compile()
    },
  }
}

const vocabulary = ['example', 'xml', 'externalDocs', 'discriminator', 'env']

function createAjv(coerceTypes: 'array' | false): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    useDefaults: true,
    removeAdditional: false,
    allErrors: false,
    addUsedSchema: false,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    keywords: vocabulary,
  })
  formats.default(ajv)
  return ajv
}

/** Ajv turns the text `1e999` into an infinite number, and then skips the rules about numbers. */
function refuseInfinity(validate: ValidateFunction): ValidateFunction {
  const isInfinite = (value: unknown): boolean => [value].flat().some((one) => typeof one === 'number' && !Number.isFinite(one))
  const validator = (data: unknown): boolean => {
    const valid = validate(data)
    validator.errors = validate.errors
    const found = Object.entries(data ?? {}).find(([, value]) => isInfinite(value))
    if (!found) return valid
    validator.errors = [{ instancePath: `/${found[0]}`, schemaPath: '', keyword: 'type', params: {}, message: 'must be a finite number' }]
    return false
  }
  validator.errors = validate.errors
  return validator as ValidateFunction
}

/** Fastify reads the errors off the function it called. */
function lazyValidator(compile: () => ValidateFunction): ReturnType<FastifySchemaCompiler<object>> {
  const validator = (data: unknown): boolean => {
    const validate = compile()
    const valid = validate(data)
    validator.errors = validate.errors ?? null
    return valid
  }
  validator.errors = null as ValidateFunction['errors'] | null
  return validator as ReturnType<FastifySchemaCompiler<object>>
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined
  return () => {
    result ??= { value: compute() }
    return result.value
  }
}
