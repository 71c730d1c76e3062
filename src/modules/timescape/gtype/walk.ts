/** The document goes beyond what is read of one type. */
export class TypeTooLarge extends Error {}

const maxDepth = 64
const maxNodes = 20_000

/** Bounds of reading one type: levels, and types in all. */
export class Walk {
  readonly #depth: number
  readonly #nodes: { left: number }

  constructor(depth = 0, nodes = { left: maxNodes }) {
    this.#depth = depth
    this.#nodes = nodes
  }

  /** One level further down. Throws `TypeTooLarge`. */
  deeper(): Walk {
    this.#nodes.left -= 1
    if (this.#depth >= maxDepth || this.#nodes.left < 0) throw new TypeTooLarge('the type is nested too deeply, or has too many parts')
    return new Walk(this.#depth + 1, this.#nodes)
  }
}
