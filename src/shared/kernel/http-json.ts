import { isUtf8 } from 'node:buffer'
import { BadExchange } from './http-errors.ts'

export interface JsonLimits {
  /** Nested arrays and objects. */
  readonly depth: number
  /** Members of all objects together. */
  readonly keys: number
}
const defaults: JsonLimits = { depth: 64, keys: 10_000 }

const refuse = (message: string): BadExchange => new BadExchange(400, 'request.invalid_json', message)

// Postgres stores neither NUL nor lone surrogates, so they are refused where they enter.
const unstorable = /[\0\p{Surrogate}]/u

/**
 * JSON of a stranger (D-15): UTF-8, no prototype keys, bounded depth and number of keys, no text the database cannot hold.
 * Throws `BadExchange` 400.
 */
export function parseJson(bytes: Buffer, given: Partial<JsonLimits> = {}): unknown {
  if (!isUtf8(bytes)) throw refuse('the body is not UTF-8')
  const value = parse(bytes.toString('utf8'))
  inspect(value, { ...defaults, ...given })
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuse('the body is not JSON')
  }
}

function inspect(root: unknown, limits: JsonLimits): void {
  let keys = 0
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limits.depth) throw refuse('the body is nested too deeply')
    const next: unknown[] = []
    for (const value of level) {
      keys += inspectOne(value, next)
      if (keys > limits.keys) throw refuse('the body has too many keys')
    }
    level = next
  }
}

/** Adds the children of a value to `next` and returns how many keys it has. */
function inspectOne(value: unknown, next: unknown[]): number {
  if (typeof value === 'string' && unstorable.test(value)) throw refuse('the body holds a NUL or half a surrogate pair')
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) {
    for (const item of value) next.push(item)
    return 0
  }
  const entries = Object.entries(value)
  for (const [key, member] of entries) {
    if (isPrototypeKey(key, member)) throw refuse('the body names a prototype')
    if (unstorable.test(key)) throw refuse('the body holds a NUL or half a surrogate pair')
    next.push(member)
  }
  return entries.length
}

/** A package may be called `constructor`, so only the form that could reach a prototype is refused. */
const isPrototypeKey = (key: string, member: unknown): boolean =>
  key === '__proto__' || (key === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype'))
