const transient: unique symbol = Symbol('transient bytes')
type Marked = Buffer & { [transient]?: true }

/** Bytes that nobody but their one reader has. */
export function asTransient(bytes: Buffer): Buffer {
  const marked: Marked = bytes
  marked[transient] = true
  return bytes
}

/**
 * Gives the memory of transient bytes back at once. Their objects are tiny, so the garbage collector sees a gigabyte of them only as pressure from
 * outside, and marks the whole heap again for every few dozen megabytes. Other bytes are left as they are.
 */
export function releaseBytes(bytes: Buffer): void {
  const { buffer, byteLength }: Marked = bytes
  if (byteLength > 0 && transient in bytes && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
