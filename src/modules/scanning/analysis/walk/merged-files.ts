const whiteout = '.wh.'
const opaque = '.wh..wh..opq'

/** Files of stacked layers as a container sees them: upper ones cover lower ones, whiteouts take away (OCI image spec, layer.md). */
export class MergedFiles<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly layer: number }>()
  #layer = 0
  #covered = new Set<string>()
  #emptied = new Set<string>()
  #folders = new Set<string>()

  /** Every path of the current layer, whether its content is kept or not. */
  names(path: string, type: string): void {
    const slash = path.lastIndexOf('/') + 1
    if (type === 'directory') this.#folders.add(path)
    for (let end = slash - 1; end > 0 && !this.#folders.has(path.slice(0, end)); end = path.lastIndexOf('/', end - 1))
      this.#folders.add(path.slice(0, end))
    const name = path.slice(slash)
    if (name === opaque) this.#emptied.add(path.slice(0, Math.max(0, slash - 1)))
    else if (name.startsWith(whiteout)) this.#covered.add(path.slice(0, slash) + name.slice(whiteout.length))
    else if (type !== 'directory') this.#covered.add(path)
  }

  set(path: string, value: T): void {
    this.#kept.set(path, { value, layer: this.#layer })
  }

  endLayer(): void {
    for (const [path, { layer }] of this.#kept) if (layer < this.#layer && this.#isGone(path)) this.#kept.delete(path)
    this.#layer += 1
    this.#covered = new Set()
    this.#emptied = new Set()
    this.#folders = new Set()
  }

  files(): Map<string, T> {
    return new Map([...this.#kept].map(([path, { value }]) => [path, value]))
  }

  #isGone(path: string): boolean {
    if (this.#covered.has(path) || this.#folders.has(path) || this.#emptied.has('')) return true
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash)
      if (this.#covered.has(folder) || this.#emptied.has(folder)) return true
    }
    return false
  }
}
