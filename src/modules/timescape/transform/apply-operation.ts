import { TransformFailed, TransformTooLarge } from '../errors.ts'
import { convert } from './convert.ts'
import type { Operation } from './operations.ts'

type Members = Readonly<Record<string, unknown>>

/** What a chain may still do. */
export interface Allowance {
  /** Values looked at. */
  visits: number
  /** Bytes added; what an operation takes away gives none back, so that the payload and these bound the result. */
  bytes: number
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A changed copy; parts that stay are shared. What a path leads to nothing in is left alone. Throws `timescape.transform_failed`. */
export function applyOperation(payload: unknown, operation: Operation, allowance: Allowance): unknown {
  if (operation.op === 'rename') return renameIn(payload, operation, allowance)
  const segments = segmentsOf(operation.path)
  const last = segments.pop() ?? ''
  const isEach = last.endsWith('[]')
  const name = isEach ? last.slice(0, -2) : last
  return within(payload, segments, { allowance, change: (members) => changeMember(members, { name, isEach, operation, allowance }) })
}

const segmentsOf = (path: string): string[] => path.split('.')

interface Inside {
  readonly allowance: Allowance
  readonly change: (members: Members) => Members
}

/** The object, or objects, at the end of the path. */
function within(value: unknown, [segment, ...rest]: readonly string[], inside: Inside): unknown {
  spend(inside.allowance)
  if (segment === undefined) {
    if (Array.isArray(value)) return value
    return isMembers(value) ? inside.change(value) : value
  }
  if (!isMembers(value)) return value
  const name = segment.endsWith('[]') ? segment.slice(0, -2) : segment
  if (!Object.hasOwn(value, name)) return value
  spendCopy(inside.allowance, value)
  const found = value[name]
  if (name === segment) return replaced(value, name, within(found, rest, inside))
  return Array.isArray(found)
    ? replaced(
        value,
        name,
        found.map((item) => within(item, rest, inside)),
      )
    : value
}

/** In the place of the old value, so that the order of members stays. */
const replaced = (members: Members, name: string, value: unknown): Members =>
  members[name] === value ? members : Object.fromEntries(Object.entries(members).map(([key, old]) => [key, key === name ? value : old]))

interface MemberChange {
  readonly name: string
  readonly isEach: boolean
  readonly operation: Exclude<Operation, { op: 'rename' }>
  readonly allowance: Allowance
}

function changeMember(members: Members, { name, isEach, operation, allowance }: MemberChange): Members {
  const isThere = Object.hasOwn(members, name)
  spendCopy(allowance, members)
  if (operation.op === 'add' && !isThere) charge(allowance, JSON.stringify(name).length)
  if (operation.op === 'add') return isThere ? members : { ...members, [name]: copied(operation.value, allowance) }
  if (!isThere) return members
  if (operation.op === 'remove') return Object.fromEntries(Object.entries(members).filter(([key]) => key !== name))
  const change = (value: unknown): unknown => {
    spend(allowance)
    return operation.op === 'map' ? mapped(value, operation, allowance) : converted(value, operation, allowance)
  }
  const value = members[name]
  if (isEach) return Array.isArray(value) ? replaced(members, name, value.map(change)) : members
  return replaced(members, name, change(value))
}

function mapped(value: unknown, { values, otherwise }: Extract<Operation, { op: 'map' }>, allowance: Allowance): unknown {
  const key = typeof value === 'string' ? value : JSON.stringify(value)
  if (Object.hasOwn(values, key)) return copied(values[key], allowance)
  return otherwise === undefined ? value : copied(otherwise, allowance)
}

function converted(value: unknown, { path, to }: Extract<Operation, { op: 'convert' }>, allowance: Allowance): unknown {
  if (value === null) return null
  const result = convert(value, to)
  if (result === undefined) throw new TransformFailed(`the value at ${path} cannot be made a ${to}`, { path, op: 'convert', to })
  // What stands in brackets is the value that was there.
  charge(allowance, typeof result === 'object' ? bracketBytes : (JSON.stringify(result) ?? '').length)
  return result
}

function renameIn(payload: unknown, { names, in: path }: Extract<Operation, { op: 'rename' }>, allowance: Allowance): unknown {
  const change = (members: Members): Members => {
    spendCopy(allowance, members)
    const entries = Object.entries(members).map(
      ([name, value]) => [Object.hasOwn(names, name) ? (names[name] ?? name) : name, value] as const,
    )
    const taken = new Set<string>()
    for (const [name] of entries) {
      if (taken.has(name))
        throw new TransformFailed(`there is a member called ${name} already`, { op: 'rename', name, ...(path && { path }) })
      taken.add(name)
      if (!Object.hasOwn(members, name)) charge(allowance, JSON.stringify(name).length)
    }
    return Object.fromEntries(entries)
  }
  return within(payload, path === undefined ? [] : segmentsOf(path), { allowance, change })
}

const bracketBytes = 2
/** Copying a member is less work than looking into it. */
const membersPerVisit = 16

function spendCopy(allowance: Allowance, members: Members): void {
  spend(allowance, Math.ceil(Object.keys(members).length / membersPerVisit))
}

function spend(allowance: Allowance, visits = 1): void {
  allowance.visits -= visits
  if (allowance.visits < 0) throw new TransformTooLarge('the transformation looks at too many values')
}

function copied(value: unknown, allowance: Allowance): unknown {
  const text = JSON.stringify(value) ?? 'null'
  charge(allowance, text.length)
  return JSON.parse(text)
}

function charge(allowance: Allowance, bytes: number): void {
  allowance.bytes -= bytes
  if (allowance.bytes < 0) throw new TransformTooLarge('the transformation makes the payload too large')
}
