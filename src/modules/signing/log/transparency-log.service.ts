import type { LocalCache, LocalCaches } from '../../../shared/kernel/cache.ts'
import type { Database } from '../../../shared/kernel/database.ts'
import { service } from '../../../shared/kernel/service.ts'
import { hashBytes } from '../../../shared/transparency/merkle.ts'
import { LogEmpty, SizesImpossible, TileNotFound } from './errors.ts'
import { type Head, readHead, readLeaves, readTile } from './log.queries.ts'
import type { TilePath } from './tile-path.ts'
import { maxTileLevel, tileWidth, widthOfLevel } from './tiles.ts'
import { Tree } from './tree.ts'

const keptTiles = 512
const keptMs = 86_400_000

/** The log, as everybody may read it. */
export interface TransparencyLog {
  /** Throws LogEmpty. */
  head(): Promise<Head>
  /** Hashes of a tile, or the entries of one, each behind its length in two bytes (C2SP tlog-tiles). Throws TileNotFound. */
  tile(path: TilePath): Promise<Buffer>
  /** Throws SizesImpossible. */
  consistency(first: number, second: number): Promise<Buffer[]>
  inclusion(index: number, size: number): Promise<Buffer[]>
}
export const TransparencyLog = service<TransparencyLog>('signing.transparency_log')

interface FullTile {
  readonly hashes: Buffer
}

export class TransparencyLogService implements TransparencyLog {
  readonly #database: Database
  /** Full tiles never change. */
  readonly #full: LocalCache<FullTile>

  constructor(database: Database, caches: LocalCaches) {
    this.#database = database
    this.#full = caches.create({ name: 'signing.log_tiles', maxEntries: keptTiles, ttlMs: keptMs })
  }

  async head(): Promise<Head> {
    const head = await readHead(this.#database)
    if (!head) throw new LogEmpty()
    return head
  }

  async tile({ level, index, width }: TilePath): Promise<Buffer> {
    const { size } = await this.head()
    if (level !== 'entries' && level > maxTileLevel) throw new TileNotFound()
    const there = widthOfLevel(size, level === 'entries' ? 0 : level) - index * tileWidth
    if (width > there) throw new TileNotFound()
    return level === 'entries' ? this.#entries(index, width) : (await this.#hashes(level, index)).subarray(0, width * hashBytes)
  }

  async consistency(first: number, second: number): Promise<Buffer[]> {
    const { size } = await this.head()
    if (first > second || second > size) throw new SizesImpossible(size)
    return this.#tree().consistency(first, second)
  }

  inclusion(index: number, size: number): Promise<Buffer[]> {
    return this.#tree().inclusion(index, size)
  }

  #tree(): Tree {
    return new Tree((level, index) => this.#hashes(level, index))
  }

  async #hashes(level: number, index: number): Promise<Buffer> {
    let part: Buffer | undefined
    const full = await this.#full.get(`${level}/${index}`, async () => {
      part = await readTile(this.#database, level, index)
      return part?.length === tileWidth * hashBytes ? { hashes: part } : undefined
    })
    return full?.hashes ?? part ?? (await readTile(this.#database, level, index)) ?? Buffer.alloc(0)
  }

  async #entries(index: number, width: number): Promise<Buffer> {
    const leaves = await readLeaves(this.#database, index * tileWidth, width)
    return Buffer.concat(leaves.flatMap(({ leaf }) => [lengthOf(leaf), leaf]))
  }
}

function lengthOf(leaf: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(leaf.length)
  return length
}
