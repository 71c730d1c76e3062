/** Values of documents that nobody has checked. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectAt = (node: JsonObject, key: string): JsonObject => {
  const value = node[key]
  return isObject(value) ? value : {}
}
export const listAt = (node: JsonObject, key: string): readonly unknown[] | undefined => {
  const value = node[key]
  return Array.isArray(value) ? value : undefined
}
export const textAt = (node: JsonObject, key: string): string | undefined => {
  const value = node[key]
  return typeof value === 'string' ? value : undefined
}
export const numberAt = (node: JsonObject, key: string): number | undefined => {
  const value = node[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
