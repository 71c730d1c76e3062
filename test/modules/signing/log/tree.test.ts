import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendLeaves, maxTileLevel, openTiles, type Tile, tileWidth, widthOfLevel } from '../../../../src/modules/signing/log/tiles.ts'
import { Tree } from '../../../../src/modules/signing/log/tree.ts'
import { emptyRoot, isConsistent, isIncluded, leafHash } from '../../../../src/shared/transparency/merkle.ts'

// RFC 6962 §2.1, word for word: what the implementation, which never sees a whole tree, is compared with.
const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const below = (count: number): number => 2 ** Math.ceil(Math.log2(count) - 1)
function headOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0] as Buffer)
  const k = below(leaves.length)
  return sha256(Buffer.of(1), headOf(leaves.slice(0, k)), headOf(leaves.slice(k)))
}
function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const k = below(leaves.length)
  return index < k
    ? [...pathOf(index, leaves.slice(0, k)), headOf(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), headOf(leaves.slice(0, k))]
}
function growthOf(first: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (first === leaves.length) return isWhole ? [] : [headOf(leaves)]
  const k = below(leaves.length)
  return first <= k
    ? [...growthOf(first, leaves.slice(0, k), isWhole), headOf(leaves.slice(k))]
    : [...growthOf(first - k, leaves.slice(k), false), headOf(leaves.slice(0, k))]
}

/** Tiles in memory, as the tables hold them. */
class Tiles {
  readonly #tiles = new Map<string, Tile>()
  size = 0
  append(leaves: readonly Buffer[]): void {
    const open = openTiles(this.size).map(({ level, index }) => this.#tiles.get(`${level}/${index}`) as Tile)
    for (const tile of appendLeaves(this.size, open, leaves.map(leafHash))) this.#tiles.set(`${tile.level}/${tile.index}`, tile)
    this.size += leaves.length
  }
  all = () => [...this.#tiles.values()]
  tree = () => new Tree(async (level, index) => this.#tiles.get(`${level}/${index}`)?.hashes ?? Buffer.alloc(0))
}

const leavesUpTo = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => Buffer.from(`leaf ${at}`))
const grown = (sizes: readonly number[]) => {
  const tiles = new Tiles()
  const leaves = leavesUpTo(sizes.reduce((sum, size) => sum + size, 0))
  for (const size of sizes) tiles.append(leaves.slice(tiles.size, tiles.size + size))
  return { tiles, leaves, tree: tiles.tree() }
}
/** Batches of a log; most of them small, some wider than a tile. */
const batches = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 600 })), { minLength: 1, maxLength: 5 })
const choices = fc.tuple(fc.nat(), fc.nat(), fc.nat())

test('the root of the empty tree is the hash of nothing (RFC 6962 §2.1)', async () => {
  expect(emptyRoot).toEqual(sha256())
  expect(await new Tiles().tree().root(0)).toEqual(emptyRoot)
})

test('D-39: roots and proofs from tiles are those of RFC 6962, however the log grew, and at every size it ever had', async () => {
  await fc.assert(
    fc.asyncProperty(batches, choices, async (sizes, [a, b, c]) => {
      const { leaves, tree } = grown(sizes)
      const second = 1 + (a % leaves.length)
      const first = b % (second + 1)
      const index = c % second
      const [whole, part] = [leaves.slice(0, second), leaves.slice(0, first)]
      const [root, oldRoot] = [headOf(whole), headOf(part)]
      expect(await tree.root(second)).toEqual(root)
      const inclusion = await tree.inclusion(index, second)
      expect(inclusion).toEqual(pathOf(index, whole))
      expect(isIncluded({ index, size: second, leaf: leafHash(leaves[index] as Buffer), root }, inclusion)).toBe(true)
      const consistency = await tree.consistency(first, second)
      expect(consistency).toEqual(first === 0 ? [] : growthOf(first, whole))
      expect(isConsistent({ size: first, root: oldRoot }, { size: second, root }, consistency)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('every small size is proven against every smaller one', async () => {
  const { leaves, tree } = grown([1, 2, 30])
  for (let second = 1; second <= leaves.length; second++)
    for (let first = 0; first <= second; first++) {
      const heads = [first, second].map((size) => ({ size, root: headOf(leaves.slice(0, size)) })) as [never, never]
      expect(isConsistent(...heads, await tree.consistency(first, second)), `${first} ${second}`).toBe(true)
    }
})

describe('D-39: nothing else is proven', () => {
  const flipped = (hash: Buffer, at: number): Buffer => {
    const copy = Buffer.from(hash)
    copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << (at % 8))
    return copy
  }
  /** A proof that is not the one: a bit off, one too short, one too long, two in another order. */
  function otherProof(proof: readonly Buffer[], kind: number, at: number): Buffer[] {
    const copy = [...proof]
    if (kind % 4 === 0 && copy.length > 0) copy[at % copy.length] = flipped(copy[at % copy.length] as Buffer, at)
    else if (kind % 4 === 1 && copy.length > 0) copy.splice(at % copy.length, 1)
    else if (kind % 4 === 2 && copy.length > 1) copy.reverse()
    else copy.splice(at % (copy.length + 1), 0, leafHash(Buffer.from('intruder')))
    return copy
  }

  test('a proof of inclusion that was changed, or belongs to another leaf, place, size or root, fails', async () => {
    await fc.assert(
      fc.asyncProperty(batches, choices, async (sizes, [a, kind, at]) => {
        const { leaves, tree } = grown(sizes)
        const size = leaves.length
        const index = a % size
        const proof = await tree.inclusion(index, size)
        const claim = { index, size, leaf: leafHash(leaves[index] as Buffer), root: await tree.root(size) }
        expect(isIncluded(claim, otherProof(proof, kind, at))).toBe(false)
        expect(isIncluded({ ...claim, leaf: flipped(claim.leaf, at) }, proof)).toBe(false)
        expect(isIncluded({ ...claim, root: flipped(claim.root, at) }, proof)).toBe(false)
        expect(isIncluded({ ...claim, index: size + index }, proof)).toBe(false)
        const elsewhere = (index + 1) % size
        if (size > 1) expect(isIncluded({ ...claim, index: elsewhere }, proof)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('a log that changed or lost an old entry has no proof of consistency', async () => {
    await fc.assert(
      fc.asyncProperty(batches, choices, async (sizes, [a, kind, at]) => {
        const { leaves, tree } = grown([...sizes, 1])
        const second = { size: leaves.length, root: await tree.root(leaves.length) }
        const size = 1 + (a % (leaves.length - 1))
        const first = { size, root: headOf(leaves.slice(0, size)) }
        const proof = await tree.consistency(size, second.size)
        const rewritten = leaves.map((leaf, index) => (index === at % size ? Buffer.from('rewritten') : leaf))
        expect(isConsistent(first, second, otherProof(proof, kind, at))).toBe(false)
        expect(isConsistent({ size, root: headOf(rewritten.slice(0, size)) }, second, proof)).toBe(false)
        expect(isConsistent(first, { ...second, root: headOf(rewritten) }, growthOf(size, rewritten))).toBe(false)
        expect(isConsistent(second, first, proof)).toBe(false)
      }),
      { numRuns: 120 },
    )
  })
})

test('tiles are as tlog-tiles lays them out: 256 wide, full ones never change, a level holds the roots of those below', () => {
  const tiles = new Tiles()
  const seen = new Map<string, string>()
  const leaves = leavesUpTo(70_000)
  for (const step of [1, 255, 256, 1_000, 64_024, 4_464]) {
    tiles.append(leaves.slice(tiles.size, tiles.size + step))
    for (const { level, index, hashes } of tiles.all()) {
      const key = `${level}/${index}`
      const before = seen.get(key)
      if (before !== undefined) expect(hashes.toString('hex').startsWith(before)).toBe(true)
      seen.set(key, hashes.toString('hex'))
    }
    for (let level = 0; level <= maxTileLevel; level++) {
      const ofLevel = tiles.all().filter((tile) => tile.level === level)
      const hashes = ofLevel.reduce((sum, tile) => sum + tile.hashes.length / 32, 0)
      expect(hashes).toBe(widthOfLevel(tiles.size, level))
      expect(ofLevel.slice(0, -1).every((tile) => tile.hashes.length === 32 * tileWidth)).toBe(true)
    }
  }
  const [top] = tiles.all().filter(({ level }) => level === 2)
  expect(top?.hashes).toEqual(headOf(leaves.slice(0, 65_536)))
})

test('a log whose tiles do not fit its size is not grown', () => {
  const hashes = Buffer.alloc(32 * 3)
  expect(() => appendLeaves(4, [{ level: 0, index: 0, hashes }], [leafHash(Buffer.of(1))])).toThrow('tile 0/0 of the log is not 4 hashes')
})
