import { createHash } from 'node:crypto'

/** RFC 6962 §2.1: leaves and nodes are hashed apart, so that neither passes for the other. */
const leafPrefix = Buffer.of(0)
const nodePrefix = Buffer.of(1)

export const hashBytes = 32
export const emptyRoot: Buffer = createHash('sha256').digest()
export const leafHash = (data: Uint8Array): Buffer => createHash('sha256').update(leafPrefix).update(data).digest()
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256').update(nodePrefix).update(left).update(right).digest()

export interface InclusionClaim {
  readonly index: number
  readonly size: number
  readonly leaf: Buffer
  readonly root: Buffer
}

/** Whether the leaf is at its index in the tree with that root (RFC 9162 §2.1.3.2). */
export function isIncluded({ index, size, leaf, root }: InclusionClaim, proof: readonly Buffer[]): boolean {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false
  const place = new Place(index, size - 1)
  let computed = leaf
  for (const sibling of proof) {
    if (place.last === 0) return false
    computed = place.isRight() ? nodeHash(sibling, computed) : nodeHash(computed, sibling)
    place.rise()
  }
  return place.last === 0 && computed.equals(root)
}

export interface TreeHead {
  readonly size: number
  readonly root: Buffer
}

/** Whether the second tree begins with the first one (RFC 9162 §2.1.4.2). Any tree begins with the empty one. */
export function isConsistent(first: TreeHead, second: TreeHead, proof: readonly Buffer[]): boolean {
  if (!isTreeSize(first.size) || !isTreeSize(second.size) || first.size > second.size) return false
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root)
  return first.size === 0 ? proof.length === 0 && first.root.equals(emptyRoot) : hasGrown(first, second, proof)
}

function hasGrown(first: TreeHead, second: TreeHead, proof: readonly Buffer[]): boolean {
  const place = new Place(first.size - 1, second.size - 1)
  while (place.index % 2 === 1) place.step()
  // A first tree without a rest is itself the first node of the proof.
  const [start, ...rest] = place.index === 0 ? [first.root, ...proof] : proof
  if (!start) return false
  let [old, grown] = [start, start]
  for (const sibling of rest) {
    if (place.last === 0) return false
    if (place.isRight()) [old, grown] = [nodeHash(sibling, old), nodeHash(sibling, grown)]
    else grown = nodeHash(grown, sibling)
    place.rise()
  }
  return place.last === 0 && old.equals(first.root) && grown.equals(second.root)
}

const isTreeSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0

/** Of a node, and of the last node, at one height of the tree. No bit operations: they end at 32 bits. */
class Place {
  index: number
  last: number
  constructor(index: number, last: number) {
    this.index = index
    this.last = last
  }

  isRight(): boolean {
    return this.index % 2 === 1 || this.index === this.last
  }

  step(): void {
    this.index = Math.floor(this.index / 2)
    this.last = Math.floor(this.last / 2)
  }

  /** To where the node meets its next sibling: one at the right edge without any rises alone. */
  rise(): void {
    if (this.index === this.last) while (this.index % 2 === 0 && this.index !== 0) this.step()
    this.step()
  }
}
