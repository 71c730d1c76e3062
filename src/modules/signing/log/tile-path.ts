import { tileWidth } from './tiles.ts'

export interface TilePath {
  readonly level: number | 'entries'
  readonly index: number
  /** Hashes or entries; fewer than 256 for a tile at the right edge, as it was at some time. */
  readonly width: number
}

// C2SP tlog-tiles: `<level>/<index>[.p/<width>]`; an index is written in groups of three digits, all but the last one after an x.
const form = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/

/** Undefined for what is no path of a tile, or not the one way to write it. */
export function parseTilePath(path: string): TilePath | undefined {
  const [, level = '', groups = '', partial] = form.exec(path) ?? []
  const index = Number(groups.replace(/[x/]/g, ''))
  const width = partial === undefined ? tileWidth : Number(partial)
  if (level === '' || /^x000/.test(groups) || !Number.isSafeInteger(index * tileWidth)) return undefined
  if (partial !== undefined && width >= tileWidth) return undefined
  return { level: level === 'entries' ? level : Number(level), index, width }
}
