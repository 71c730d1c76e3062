import type { GType } from './gtype.ts'
import { anything, never, objectOf } from './normal-form.ts'

const text = (format: string): GType => ({ kind: 'string', format })

/** Words of the manifest's notation that are types by themselves; brands of seed-systems §3.3 are formats. */
export const simpleTypes: ReadonlyMap<string, GType> = new Map<string, GType>([
  ['string', { kind: 'string' }],
  ['number', { kind: 'number' }],
  ['float', { kind: 'number' }],
  ['integer', { kind: 'number', integer: true }],
  ['int', { kind: 'number', integer: true }],
  ['boolean', { kind: 'boolean' }],
  ['bool', { kind: 'boolean' }],
  ['null', { kind: 'null' }],
  ['bigint', { kind: 'bigint' }],
  ['any', anything],
  ['unknown', anything],
  ['never', never],
  ['object', objectOf(new Map())],
  ['array', { kind: 'array', items: anything }],
  ...['email', 'uuid', 'url', 'uri', 'timestamp', 'cuid', 'semver', 'date', 'time', 'ipv4', 'ipv6', 'hostname'].map(
    (format) => [format, text(format)] as const,
  ),
  ['datetime', text('date-time')],
  ['date-time', text('date-time')],
  ['buffer', text('byte')],
  ['bytes', text('byte')],
])

/** Arguments of `string(…)`, `number(…)` and `array(…)`, by the kind they bound. */
export const boundNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  string: { min: 'minLength', max: 'maxLength', minLength: 'minLength', maxLength: 'maxLength', format: 'format', pattern: 'pattern' },
  number: {
    ...{ min: 'minimum', max: 'maximum', minimum: 'minimum', maximum: 'maximum', multipleOf: 'multipleOf' },
    ...{ exclusiveMinimum: 'exclusiveMinimum', exclusiveMaximum: 'exclusiveMaximum' },
  },
  array: { min: 'minItems', max: 'maxItems', minItems: 'minItems', maxItems: 'maxItems' },
}
