/** Bits of a sketch; the column holds as many. */
const sketchBits = 1_024
const seed = 0x9e_37_79_b9

/**
 * On which side of 1,024 random planes a vector lies, as zeros and ones: the fewer bits two sketches differ in, the nearer the vectors are to each other
 * (Charikar 2002). The planes are of ones and minus ones and depend on the dimensions alone, so that every process draws the same.
 */
export class Sketcher {
  readonly #dimensions: number
  readonly #signs: Int8Array

  constructor(dimensions: number) {
    this.#dimensions = dimensions
    this.#signs = Int8Array.from(randomSigns(sketchBits * dimensions))
  }

  sketch(vector: Float32Array): string {
    const told = [...vector.keys()].filter((at) => vector[at] !== 0)
    let bits = ''
    for (let plane = 0; plane < sketchBits; plane += 1) {
      const first = plane * this.#dimensions
      let side = 0
      for (const at of told) side += (vector[at] ?? 0) * (this.#signs[first + at] ?? 0)
      bits += side > 0 ? '1' : '0'
    }
    return bits
  }
}

/** Mulberry32 from a fixed seed. */
function* randomSigns(count: number): Generator<number> {
  let state = seed
  for (let at = 0; at < count; at += 1) {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    yield ((mixed ^ (mixed >>> 14)) >>> 0) & 1 ? 1 : -1
  }
}
