import type { conversions } from './operations.ts'

type Target = (typeof conversions)[number]

const longest = 1_000

/** `undefined`: the value cannot be that. */
export function convert(value: unknown, to: Target): unknown {
  return converters[to](value)
}

const asNumber = (value: unknown): number | undefined => {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' && (value.trim() === '' || value.length > longest)) return undefined
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

/** An instant in milliseconds: ten digits are seconds, thirteen are milliseconds, anything else is ISO 8601. */
function asInstant(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : undefined
  if (number !== undefined) return Math.abs(number) < 100_000_000_000 ? number * 1_000 : number
  const parsed = typeof value === 'string' && value.length <= 64 ? Date.parse(value) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

function asTimestamp(value: unknown): string | undefined {
  const instant = asInstant(value)
  return instant !== undefined && Math.abs(instant) <= 8.64e15 ? new Date(instant).toISOString() : undefined
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])

const converters: Readonly<Record<Target, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'object' ? undefined : String(value)),
  number: asNumber,
  integer: (value) => {
    const number = asNumber(value)
    return number === undefined ? undefined : Math.trunc(number)
  },
  boolean: (value) => (typeof value === 'object' ? undefined : booleans.get(String(value).toLowerCase())),
  timestamp: asTimestamp,
  milliseconds: asInstant,
  seconds: (value) => {
    const instant = asInstant(value)
    return instant === undefined ? undefined : Math.floor(instant / 1_000)
  },
  array: (value) => (Array.isArray(value) ? value : [value]),
  single: (value) => {
    if (!Array.isArray(value)) return value
    return value.length === 1 ? value[0] : undefined
  },
}
