import { emptyRoot, hashBytes, nodeHash } from '../../../shared/transparency/merkle.ts'
import { perfectRoot, tileHeight, tileWidth } from './tiles.ts'

/** The hashes of a tile, as many as there are by now. */
export type ReadTile = (level: number, index: number) => Promise<Buffer>

/** Computes roots and proofs (RFC 6962 §2.1) of any tree that the tiles hold, from no more tiles than the height of the tree asks for. */
export class Tree {
  readonly #read: ReadTile
  readonly #seen = new Map<string, Promise<Buffer>>()

  constructor(read: ReadTile) {
    this.#read = read
  }

  root(size: number): Promise<Buffer> {
    return size === 0 ? Promise.resolve(emptyRoot) : this.#rangeHash(0, size)
  }

  /** From the sibling of the leaf upwards. */
  inclusion(index: number, size: number): Promise<Buffer[]> {
    return this.#path(index, 0, size)
  }

  /** Empty when there is nothing to prove. */
  async consistency(first: number, second: number): Promise<Buffer[]> {
    return first === 0 || first === second ? [] : this.#growth({ first, isWhole: true }, 0, second)
  }

  /** Of the leaves from `from` until before `to`. */
  async #rangeHash(from: number, to: number): Promise<Buffer> {
    const count = to - from
    const split = splitOf(count)
    if (split * 2 === count || count === 1) return this.#node(Math.log2(count), from / count)
    const [left, right] = await Promise.all([this.#rangeHash(from, from + split), this.#rangeHash(from + split, to)])
    return nodeHash(left, right)
  }

  async #path(index: number, from: number, to: number): Promise<Buffer[]> {
    if (to - from === 1) return []
    const middle = from + splitOf(to - from)
    return index < middle
      ? [...(await this.#path(index, from, middle)), await this.#rangeHash(middle, to)]
      : [...(await this.#path(index, middle, to)), await this.#rangeHash(from, middle)]
  }

  /** `isWhole`: the verifier knows the root of the first tree already, as long as no part of it was cut off. */
  async #growth({ first, isWhole }: { first: number; isWhole: boolean }, from: number, to: number): Promise<Buffer[]> {
    if (first === to) return isWhole ? [] : [await this.#rangeHash(from, to)]
    const middle = from + splitOf(to - from)
    return first <= middle
      ? [...(await this.#growth({ first, isWhole }, from, middle)), await this.#rangeHash(middle, to)]
      : [...(await this.#growth({ first, isWhole: false }, middle, to)), await this.#rangeHash(from, middle)]
  }

  /** Root of the complete subtree with 2^height leaves, the `at`th from the left. */
  async #node(height: number, at: number): Promise<Buffer> {
    const level = Math.floor(height / tileHeight)
    const count = 2 ** (height % tileHeight)
    const first = at * count
    const tile = await this.#tile(level, Math.floor(first / tileWidth))
    const start = (first % tileWidth) * hashBytes
    const hashes = tile.subarray(start, start + count * hashBytes)
    if (hashes.length !== count * hashBytes) throw new Error(`the log has no hashes ${first} to ${first + count - 1} of level ${level}`)
    return perfectRoot(hashes)
  }

  #tile(level: number, index: number): Promise<Buffer> {
    const key = `${level}/${index}`
    const tile = this.#seen.get(key) ?? this.#read(level, index)
    this.#seen.set(key, tile)
    return tile
  }
}

/** The largest power of two below the count; 1 for 1. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
