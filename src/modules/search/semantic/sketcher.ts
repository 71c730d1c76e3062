/** Bits of a sketch. */
export const sketchBits = 512
/** Ones and minus ones that a plane is made of; all other dimensions do not count for it. */
const onesPerPlane = 64

/**
 * On which side of 512 random planes a vector lies, as zeros and ones: the fewer bits two sketches differ in, the nearer the vectors are to each other
 * (Charikar 2002; sparse planes as in Li 2006). The planes depend on the dimensions alone, so that every process draws the same.
 */
export class Sketcher {
  readonly #places: Uint16Array
  readonly #perPlane: number

  constructor(dimensions: number) {
    this.#perPlane = Math.min(onesPerPlane, dimensions)
    this.#places = Uint16Array.from(randomPlaces(sketchBits * this.#perPlane, dimensions))
  }

  sketch(vector: Float32Array): string {
    let bits = ''
    const half = this.#perPlane / 2
    for (let plane = 0; plane < sketchBits; plane += 1) {
      let side = 0
      const first = plane * this.#perPlane
      for (let at = 0; at < this.#perPlane; at += 1) {
        const value = vector[this.#places[first + at] ?? 0] ?? 0
        side += at < half ? value : -value
      }
      bits += side > 0 ? '1' : '0'
    }
    return bits
  }
}

/** Xorshift from a fixed seed. */
function* randomPlaces(count: number, dimensions: number): Generator<number> {
  let state = 0x9e_37_79_b9
  for (let at = 0; at < count; at += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield (state >>> 0) % dimensions
  }
}
