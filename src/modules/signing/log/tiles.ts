import { hashBytes, nodeHash } from '../../../shared/transparency/merkle.ts'

/** C2SP tlog-tiles: hashes of complete subtrees, 256 side by side; those of one level are 8 apart in the tree. */
export const tileWidth = 256
export const tileHeight = 8
const tileBytes = tileWidth * hashBytes
const emptyHash = Buffer.alloc(0)
/** Above it no tree of a size that a number can hold has hashes. */
export const maxTileLevel = 6

export interface Tile {
  readonly level: number
  readonly index: number
  readonly hashes: Buffer
}

/** How many hashes a level has in a tree of that size. */
export const widthOfLevel = (size: number, level: number): number => Math.floor(size / tileWidth ** level)

/** The tile of a level that the next hash goes to, while it has hashes. */
export function openTiles(size: number): readonly Pick<Tile, 'level' | 'index'>[] {
  const open: Pick<Tile, 'level' | 'index'>[] = []
  for (let level = 0; level <= maxTileLevel; level++) {
    const width = widthOfLevel(size, level)
    if (width % tileWidth !== 0) open.push({ level, index: Math.floor(width / tileWidth) })
  }
  return open
}

/** Root of a subtree whose leaves are the hashes; their count is a power of two. */
export function perfectRoot(hashes: Buffer): Buffer {
  let row = Array.from({ length: hashes.length / hashBytes }, (_, at) => hashes.subarray(at * hashBytes, (at + 1) * hashBytes))
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at] ?? emptyHash, row[2 * at + 1] ?? emptyHash))
  return row[0] ?? emptyHash
}

/** Every tile that leaves change, as it is afterwards. `open` are the tiles of `openTiles(size)`. */
export function appendLeaves(size: number, open: readonly Tile[], leaves: readonly Buffer[]): readonly Tile[] {
  const changed: Tile[] = []
  let arriving = leaves
  for (let level = 0; arriving.length > 0; level++) {
    const first = Math.floor(widthOfLevel(size, level) / tileWidth)
    const begun = open.find((tile) => tile.level === level && tile.index === first)?.hashes ?? emptyHash
    const width = widthOfLevel(size, level) % tileWidth
    if (begun.length !== width * hashBytes) throw new Error(`tile ${level}/${first} of the log is not ${width} hashes wide`)
    const tiles = tilesOf(level, first, Buffer.concat([begun, ...arriving]))
    changed.push(...tiles)
    arriving = tiles.filter(({ hashes }) => hashes.length === tileBytes).map(({ hashes }) => perfectRoot(hashes))
  }
  return changed
}

const tilesOf = (level: number, first: number, row: Buffer): Tile[] =>
  Array.from({ length: Math.ceil(row.length / tileBytes) }, (_, at) => ({
    ...{ level, index: first + at },
    hashes: row.subarray(at * tileBytes, (at + 1) * tileBytes),
  }))
