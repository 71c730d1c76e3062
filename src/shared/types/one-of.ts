import { type SchemaOptions, type TUnsafe, Type } from '@sinclair/typebox'

/** One of these strings. A union of literals, because TypeBox's own checker knows no `enum` of strings. */
export const oneOf = <const T extends readonly string[]>(values: T, options: SchemaOptions = {}): TUnsafe<T[number]> =>
  Type.Unsafe<T[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  )
