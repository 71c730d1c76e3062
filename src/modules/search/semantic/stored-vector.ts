const levels = 127

/** A vector as it is kept: a byte for each dimension, and what one step of them is worth. */
export interface StoredVector {
  readonly bytes: Buffer
  readonly scale: number
}

/** Of a vector of length 1; its cosines are off by less than 0.01. */
export function toStored(vector: Float32Array): StoredVector {
  let largest = 0
  for (const value of vector) largest = Math.max(largest, Math.abs(value))
  const scale = largest === 0 ? 1 : largest / levels
  return { bytes: Buffer.from(Int8Array.from(vector, (value) => Math.round(value / scale)).buffer), scale }
}

/** Of a vector of length 1 with a kept one. */
export function cosine(vector: Float32Array, { bytes, scale }: StoredVector): number {
  const steps = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let sum = 0
  for (let at = 0; at < vector.length; at += 1) sum += (vector[at] ?? 0) * (steps[at] ?? 0)
  return sum * scale
}

/** What a kept vector was, as far as it was kept. */
export const fromStored = ({ bytes, scale }: StoredVector): Float32Array =>
  Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), (step) => step * scale)
