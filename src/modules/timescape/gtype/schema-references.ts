import { fingerprint, textOf } from './canonical-text.ts'
import type { GType } from './gtype.ts'
import { isObject, type JsonObject, objectAt, textAt } from './json-values.ts'
import { TypeTooLarge } from './walk.ts'

const groups = ['$defs', 'definitions']
const maxDepth = 200
const maxObjects = 100_000

const lastSegment = (reference: string): string => (reference.split('#', 1)[0] ?? '').split('/').at(-1) ?? ''

/** Segments of the JSON pointer in a fragment; `undefined` for an anchor, or what is no pointer. */
function pointerOf(reference: string): readonly string[] | undefined {
  if (reference === '#') return []
  if (!reference.startsWith('#/')) return undefined
  try {
    const segments = decodeURIComponent(reference.slice(2)).split('/')
    return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  } catch {
    return undefined
  }
}

const isSchema = (value: unknown): boolean => isObject(value) || typeof value === 'boolean'

/**
 * What the references of one schema lead to. A name is taken for what it names only where that is certain: what may mean several things is opaque, and
 * then any change of the whole schema is a change of it. Throws `TypeTooLarge`.
 */
export class SchemaReferences {
  /** What was referred to so far, by the name of the reference; grows while it is gone through. */
  readonly targets = new Map<string, unknown>()
  readonly #root: JsonObject
  #whole: string | undefined
  /** Definitions and ids by their names, anchors as `#name`. */
  readonly #named = new Map<string, unknown>()
  readonly #ambiguous = new Set<string>()
  /** Last segments of ids: a relative reference may mean what bears one of them. */
  readonly #idSegments = new Set<string>()
  /** Schemas whose `#…` is relative to a schema with an id of its own around them. */
  readonly #displaced = new Set<JsonObject>()

  constructor(root: JsonObject) {
    this.#root = root
    let objects = 0
    const open = [{ value: root as unknown, depth: 0, isWithinId: false }]
    for (let at = open.pop(); at; at = open.pop()) {
      const { value, depth } = at
      objects += 1
      if (depth > maxDepth || objects > maxObjects) throw new TypeTooLarge('the schema is nested too deeply, or has too many parts')
      const isWithinId = isObject(value) ? this.#note(value, at.isWithinId) : at.isWithinId
      for (const part of Object.values(value as object))
        if (typeof part === 'object' && part !== null) open.push({ value: part, depth: depth + 1, isWithinId })
    }
  }

  /** The reference in the place of `at` as a type. */
  typeOf(reference: string, at: JsonObject): GType {
    const name = this.#displaced.has(at) ? undefined : this.#nameOf(reference)
    return name === undefined ? { kind: 'opaque', text: this.whole() } : { kind: 'ref', name }
  }

  /** One text for the schema with everything in it. */
  whole(): string {
    this.#whole ??= fingerprint(this.#root)
    return this.#whole
  }

  #note(schema: JsonObject, isAlreadyWithin: boolean): boolean {
    const id = textAt(schema, '$id')
    if (id !== undefined) this.#idSegments.add(lastSegment(id))
    const isResource = id !== undefined && !id.startsWith('#') && schema !== this.#root
    const isWithinId = isAlreadyWithin || isResource
    if (isWithinId && textAt(schema, '$ref')?.startsWith('#')) this.#displaced.add(schema)
    if (id !== undefined) this.#name(id, schema)
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const anchor = textAt(schema, keyword)
      if (anchor !== undefined) this.#name(`#${anchor}`, schema)
    }
    for (const group of groups) for (const [name, definition] of Object.entries(objectAt(schema, group))) this.#name(name, definition)
    return isWithinId
  }

  #name(name: string, schema: unknown): void {
    if (!this.#named.has(name)) this.#named.set(name, schema)
    else if (!this.#ambiguous.has(name) && textOf(this.#named.get(name)) !== textOf(schema)) this.#ambiguous.add(name)
  }

  #nameOf(reference: string): string | undefined {
    if (this.#named.has(reference)) return this.#known(reference)
    // What lies elsewhere is what it is called; a type beside this one may bear the name.
    if (!reference.startsWith('#')) return this.#idSegments.has(lastSegment(reference)) ? undefined : reference
    const path = pointerOf(reference)
    if (!path) return undefined
    const [group = '', name] = path
    if (path.length === 2 && name !== undefined && groups.includes(group)) return this.#known(name)
    const target = this.#at(path)
    if (isSchema(target)) {
      this.targets.set(reference, target)
      return reference
    }
    const [, kind, beside] = path
    const isOfOpenApi = path.length === 3 && group === 'components' && kind === 'schemas'
    return isOfOpenApi && beside !== undefined && !this.#named.has(beside) ? beside : undefined
  }

  #known(name: string): string | undefined {
    if (this.#ambiguous.has(name)) return undefined
    if (this.#named.has(name)) this.targets.set(name, this.#named.get(name))
    return name
  }

  #at(path: readonly string[]): unknown {
    let at: unknown = this.#root
    for (const segment of path) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined
      at = (at as Readonly<Record<string, unknown>>)[segment]
    }
    return at
  }
}
