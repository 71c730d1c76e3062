import type ts from 'typescript'
import { pointer } from '../report.ts'

/**
 * Who is at risk: users read what is in an output, hand over what is in an input. `named`: the type is there to be used, and nothing tells how.
 */
export type Position = 'output' | 'input' | 'named'

export interface Place {
  readonly path: string
  /** For people, `Options.timeout`. */
  readonly label: string
  readonly position: Position
  readonly depth: number
  /** By a leading underscore or `@internal`: nobody should notice. */
  readonly isInternal: boolean
}

export interface TypePair {
  readonly old: ts.Type
  readonly now: ts.Type
}

export const rootPlace = (subpath: string, position: Position): Place => ({
  path: subpath === '.' ? '/declarations' : pointer('declarations', subpath),
  ...{ label: subpath === '.' ? '' : subpath, position, depth: 0, isInternal: false },
})

export const inside = (place: Place, name: string): Place => ({
  ...place,
  path: place.path + pointer(name),
  label: place.label === '' ? name : `${place.label}${name.startsWith('[') || name.startsWith('(') ? '' : '.'}${name}`,
  depth: place.depth + 1,
  isInternal: place.isInternal || /^_(?!_)/.test(name),
})

/** The place of what is handed the other way: arguments of a function that is read, results of a callback that is handed over. */
export const flipped = (place: Place): Place => ({ ...place, position: place.position === 'input' ? 'output' : 'input' })
