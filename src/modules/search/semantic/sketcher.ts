/** Bits of a sketch; the column holds as many. */
const sketchBits = 1_024
const seed = 0x9e_37_79_b9
const [zero, one] = [0x30, 0x31]

/**
 * On which side of 1,024 random planes a vector lies, as zeros and ones: the fewer bits two sketches differ in, the nearer the vectors are to each other
 * (Charikar 2002). The planes are of ones and minus ones and depend on the dimensions alone, so that every process draws the same.
 */
export class Sketcher {
  /** Of each dimension, its signs in all planes: most dimensions of a short text are zero, and need not be looked at. */
  readonly #signs: readonly Int8Array[]

  constructor(dimensions: number) {
    this.#signs = Array.from({ length: dimensions }, () => new Int8Array(sketchBits))
    let drawn = 0
    for (const sign of randomSigns(sketchBits * dimensions)) {
      const signs = this.#signs[drawn % dimensions]
      if (signs) signs[Math.floor(drawn / dimensions)] = sign
      drawn += 1
    }
  }

  sketch(vector: Float32Array): string {
    const sides = new Float64Array(sketchBits)
    for (const [at, signs] of this.#signs.entries()) {
      const value = vector[at] ?? 0
      if (value === 0) continue
      for (let plane = 0; plane < sketchBits; plane += 1) sides[plane] = (sides[plane] ?? 0) + value * (signs[plane] ?? 0)
    }
    return Buffer.from(sides.map((side) => (side > 0 ? one : zero))).toString('latin1')
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
