import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../../src/modules/timescape/change.ts'
import { compareDeclarations } from '../../../../src/modules/timescape/semantic/declarations/compare-declarations.ts'
import { bumpOf } from '../../../../src/modules/timescape/semantic/report.ts'

type Texts = Readonly<Record<string, string>>

function compare(before: Texts | string, after: Texts | string): readonly Change[] {
  const side = (texts: Texts | string) => ({
    name: '@acme/sample',
    texts: new Map(Object.entries(typeof texts === 'string' ? { 'index.d.ts': texts } : texts)),
    entries: new Map([['.', 'index.d.ts']]),
  })
  return compareDeclarations({ before: side(before), after: side(after) })
}

const told = (changes: readonly Change[]) => changes.map(({ path, rule, bump }) => `${bump} ${rule} ${path}`)

const primitive = fc.constantFrom('string', 'number', 'boolean', 'null', "'a' | 'b'", 'Date', 'unknown')
const { type } = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    primitive,
    tie('type').map((inner) => `Array<${inner}>`),
    tie('type').map((inner) => `Promise<${inner}>`),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map((types) => `(${types.join(' | ')})`),
    fc
      .array(fc.tuple(fc.constantFrom('', '?'), tie('type')), { maxLength: 3 })
      .map((members) => `{ ${members.map(([mark, member], index) => `m${index}${mark}: ${member}`).join('; ')} }`),
    fc.tuple(tie('type'), tie('type')).map(([argument, result]) => `((a: ${argument}) => ${result})`),
  ),
}))
const others = fc.constantFrom('A0', 'A1', 'A2').map((name) => `Partial<${name}<string>>`)
const declaration = fc.oneof(
  type.map((of) => (name: string) => `export declare const ${name}: ${of}`),
  fc.tuple(type, fc.oneof(type, others)).map(
    ([argument, result]) =>
      (name: string) =>
        `export declare function ${name}<T>(a: ${argument}, b?: T): ${result}`,
  ),
  fc.tuple(type, type).map(
    ([one, other]) =>
      (name: string) =>
        `export interface ${name}<T> { one: ${one}; other?: ${other} | T; call(a: T): void }`,
  ),
  type.map((of) => (name: string) => `export declare class ${name}<T> { #hidden; private secret: ${of}; open: ${of} | T; same(): this }`),
  fc.constant((name: string) => `export declare enum ${name} { One, Two = 'two' }`),
)
const known = 'export interface A0<T> { a: T }\nexport interface A1<T> { b: T; up: A0<T> }\nexport type A2<T> = A1<T> | null'
const declarations = fc
  .array(declaration, { minLength: 1, maxLength: 5 })
  .map((list) => [...known.split('\n'), ...list.map((write, index) => write(`X${index}`))])

describe('P7: declarations', { timeout: 120_000 }, () => {
  test('that are the same in other files are no change', () => {
    fc.assert(
      fc.property(declarations, (lines) => {
        const apart = { 'index.d.ts': "export * from './inner.js'\n", 'inner.d.ts': lines.toReversed().join('\n') }
        expect(compare(lines.join('\n'), apart)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('with one export more are never breaking', () => {
    fc.assert(
      fc.property(declarations, declaration, (lines, write) => {
        const changes = compare(lines.join('\n'), [...lines, write('Added')].join('\n'))
        expect(told(changes)).toEqual(['minor export-added /declarations/Added'])
      }),
      { numRuns: 100 },
    )
  })

  test('with one export less are always breaking', () => {
    fc.assert(
      fc.property(declarations, fc.nat(), (lines, pick) => {
        const gone = known.split('\n').length + (pick % (lines.length - known.split('\n').length))
        const changes = compare(lines.join('\n'), lines.filter((_, index) => index !== gone).join('\n'))
        expect(bumpOf(changes)).toBe('major')
        expect(told(changes).some((each) => each.startsWith('major export-removed'))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

test('a change is told once, where it was made', () => {
  const uses = 'export declare function a(o: Options): void\nexport declare function b(o: Options[]): Promise<void>\n'
  const changes = compare(`${uses}export interface Options { x: string }`, `${uses}export interface Options { x: string; y: number }`)
  expect(told(changes)).toEqual(['major required-member-added /declarations/Options/y'])
})

test('a type that nobody exports counts by how it is used', () => {
  const text = (member: string) => `interface Inner { ${member} }\nexport declare function read(): Inner\n`
  expect(told(compare(text('x: 1'), text('x: 1; y: 2')))).toEqual(['minor member-added /declarations/Inner/y'])
  const taking = (member: string) => `interface Inner { ${member} }\nexport declare function write(i: Inner): void\n`
  expect(told(compare(taking('x: 1'), taking('x: 1; y: 2')))).toEqual(['major required-member-added /declarations/Inner/y'])
})

test('what is given to a callback is read by users', () => {
  const text = (x: string) => `export declare function on(f: (event: { x: ${x} }) => void): void\n`
  expect(bumpOf(compare(text('string'), text('string | number')))).toBe('major')
  expect(bumpOf(compare(text('string | number'), text('string')))).toBe('minor')
})

test('variants of a union are compared with each other, new ones are no break', () => {
  const text = (more: string) => `export declare function next(): { kind: 'a'; x: 1 } | { kind: 'b'; y: 2${more}\n`
  expect(told(compare(text(' }'), text('; z: 3 } | { kind: "c" }')))).toEqual([
    'minor variant-added /declarations/next/result',
    'minor member-added /declarations/next/result/z',
  ])
})

test('namespaces, default exports and export = are looked into', () => {
  const space = (members: string) => `declare namespace n { ${members} }\ndeclare function n(): void\nexport = n\n`
  expect(told(compare(space('const a: 1; const b: 2'), space('const a: 1')))).toContain('major export-removed /declarations/b')
  expect(told(compare('declare const x: 1\nexport default x', 'declare const x: 2\nexport default x'))).toEqual([
    'major type-changed /declarations/default',
  ])
})

test.each([
  ['endless types', 'export type A = { a: A; b: B[] }\nexport type B = { a: A | B; c: () => B }\nexport declare const x: A'],
  ['types that do not compile', 'export type A = B<;\nexport declare function f(: string): void;'],
  ['no module', 'declare const nothing: 1'],
  ['files that are not there', "export * from './gone.js'\nexport { X } from '../../../etc/passwd'\n/// <reference path='/etc/passwd' />"],
  ['deep recursion', `export type D = ${'Array<'.repeat(300)}string${'>'.repeat(300)}`],
])('%s are compared to an end', (_what, text) => {
  expect(compare(text, text)).toEqual([])
  expect(compare(text, `${text}\nexport declare const more: 1`).every(({ bump }) => bump !== 'major')).toBe(true)
})

test('overloads of one shape with parts that cannot be are still the same', () => {
  const text = `export interface A<T> { bad: true; of: T }
export interface B<T> { bad: true; of: null }
export interface C<T> { bad: false; of: T }
export type All<T> = A<T> | B<T> | C<T>
export declare function f<T>(out: All<T> & { bad: false }): undefined
export declare function f<T>(out: All<T> & { bad: true }): string
export declare function f<T>(out: All<T>): string | undefined`
  expect(compare(text, `// not the same text\n${text}`)).toEqual([])
})

test('what a package adds to others is left out', () => {
  const text = (more: string) => `import './own.js'
declare global { interface Array<T> { added: T } }
declare module 'elsewhere' { interface X { a: 1 } }
declare module './own.js' { interface Y { ${more} } }
export declare function f(): string[]`
  const own = { 'own.d.ts': 'export interface Y { b: 1 }' }
  expect(compare({ 'index.d.ts': text('c: 1'), ...own }, { 'index.d.ts': text('d: 1'), ...own })).toEqual([])
})

describe('R11.2: how a type is used', () => {
  const visitor = (parameters: string) => `export interface Visitor { onBegin?: (${parameters}) => void }\n`
  const used = 'export declare function visit(visitor: Visitor): void\n'

  test('counts in place of its being exported', () => {
    expect(told(compare(visitor('at: number') + used, visitor('at: number, path: string[]') + used))).toEqual([
      'minor parameter-added /declarations/Visitor/onBegin/parameters/1',
    ])
  })

  test('is told by nothing where it is only exported', () => {
    expect(told(compare(visitor('at: number'), visitor('at: number, path: string[]')))).toEqual([
      'major required-parameter-added /declarations/Visitor/onBegin/parameters/1',
    ])
  })

  test.each(['export declare function _inner(): State\n', '/** @internal */\nexport declare function inner(): State\n'])(
    'does not count where the use is nobody else’s business: %s',
    (inner) => {
      const state = (type: string) => `export interface State { value: ${type} }\n`
      const open = 'export declare function open(): State\n'
      const gone = 'major type-changed /declarations/State/value'
      expect(told(compare(inner + state('string'), inner + state('number')))).toEqual([gone])
      expect(told(compare(inner + state('string') + open, inner + state('number') + open))).toEqual([gone])
    },
  )
})
