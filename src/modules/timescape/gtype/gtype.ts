/** A value of JSON that has no members. */
export type Scalar = string | number | boolean

/** What any type may carry. Descriptions are left out: they change nothing that a program could notice. */
interface Facets {
  readonly nullable?: boolean | undefined
  readonly defaultValue?: unknown
  readonly brand?: string | undefined
  /** Keywords this model has no member for; a type that differs in them is another type. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

export interface StringType extends Facets {
  readonly kind: 'string'
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly pattern?: string | undefined
  readonly format?: string | undefined
}

export interface NumberType extends Facets {
  readonly kind: 'number'
  readonly integer?: boolean | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly exclusiveMinimum?: number | undefined
  readonly exclusiveMaximum?: number | undefined
  readonly multipleOf?: number | undefined
}

interface PlainType extends Facets {
  readonly kind: 'boolean' | 'null' | 'bigint' | 'any' | 'never'
}

/** A literal is an enum of one value. */
export interface EnumType extends Facets {
  readonly kind: 'enum'
  readonly values: readonly Scalar[]
}

export interface Property {
  readonly type: GType
  readonly required: boolean
}

/** A record is an object that declares nothing: its values are `additional`. */
export interface ObjectType extends Facets {
  readonly kind: 'object'
  readonly properties: ReadonlyMap<string, Property>
  /** What undeclared members may be; `true` is anything, `false` forbids them. */
  readonly additional: boolean | GType
  /** Expression that undeclared names match. */
  readonly keys?: string | undefined
  readonly minProperties?: number | undefined
  readonly maxProperties?: number | undefined
}

export interface ArrayType extends Facets {
  readonly kind: 'array'
  readonly items: GType
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly uniqueItems?: boolean | undefined
}

export interface TupleType extends Facets {
  readonly kind: 'tuple'
  readonly items: readonly GType[]
  /** What follows the items; `false`: nothing. */
  readonly rest: boolean | GType
  readonly minItems: number
  readonly maxItems?: number | undefined
}

export interface UnionType extends Facets {
  readonly kind: 'union'
  readonly variants: readonly GType[]
}

export interface IntersectionType extends Facets {
  readonly kind: 'intersection'
  readonly parts: readonly GType[]
}

interface RefType extends Facets {
  readonly kind: 'ref'
  readonly name: string
}

/** A text nobody here can read: it equals itself, and nothing else is known of it. */
interface OpaqueType extends Facets {
  readonly kind: 'opaque'
  readonly text: string
}

/** The one model that every notation is read into (design.md §5). In normal form: made by the functions of `normal-form.ts`. */
export type GType =
  | StringType
  | NumberType
  | PlainType
  | EnumType
  | ObjectType
  | ArrayType
  | TupleType
  | UnionType
  | IntersectionType
  | RefType
  | OpaqueType

/** Request: the consumer sends it. Response: the consumer receives it. A symbol without direction is both. */
export type Direction = 'request' | 'response' | 'both'

/** Looked up by name: what a schema defines itself, else the types beside it. */
export type Definitions = Pick<ReadonlyMap<string, GType>, 'get'>

/** A named type of one version, and what its references mean. */
export interface GTypeSymbol {
  readonly name: string
  readonly direction: Direction
  readonly root: GType
  readonly definitions: Definitions
  /** Those that nobody shares: they came with the symbol. */
  readonly own: ReadonlyMap<string, GType>
  /** HTTP status that comes with a response. */
  readonly status?: number | undefined
}
