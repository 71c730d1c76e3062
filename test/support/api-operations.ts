import type { FastifyInstance } from 'fastify'

export interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
}

/** One method of one path of `/openapi.json`. */
export interface Operation {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** By content type. */
  readonly bodies: Readonly<Record<string, { readonly schema?: Schema }>>
  /** False when it may be called without a credential. */
  readonly needsCredential: boolean
}

interface OpenapiOperation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Operation['bodies'] }
  readonly security?: readonly object[]
}

export async function readOperations(http: FastifyInstance): Promise<readonly Operation[]> {
  const { paths } = (await http.inject('/openapi.json')).json<{ paths: Record<string, Record<string, OpenapiOperation>> }>()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, security = [] }]) => ({
      method: method.toUpperCase() as Operation['method'],
      path,
      parameters,
      bodies: requestBody?.content ?? {},
      needsCredential: security.length > 0 && security.every((way) => Object.keys(way).length > 0),
    })),
  )
}

/** Every parameter of a path has a value that exists; `given` replaces some, as they stand in the URL. */
export const fillPath = ({ path }: Operation, given: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name]
    if (value === undefined) throw new Error(`the test knows no value for {${name}} of ${path}`)
    return value
  })

export const pathParameters = ({ parameters }: Operation): readonly string[] =>
  parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)

export const queryParameters = ({ parameters }: Operation): readonly string[] =>
  parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)

export const jsonBody = ({ bodies }: Operation): Schema | undefined => bodies['application/json']?.schema

/** What a document of this schema may hold. */
export const propertyNames = ({ properties = {}, anyOf = [] }: Schema): readonly string[] => [
  ...Object.keys(properties),
  ...anyOf.flatMap(propertyNames),
]
