import type { Bump } from '../../../../../src/modules/timescape/change.ts'
import type { WrittenPair } from './written.ts'

const types = (name: string, [bump, ...rules]: readonly [Bump, ...string[]], [before, after]: readonly [string, string]): WrittenPair => ({
  ...{ name, bump, rules },
  before: { manifest: { types: 'index.d.ts' }, files: { 'index.js': 'a', 'index.d.ts': before } },
  after: { manifest: { types: 'index.d.ts' }, files: { 'index.js': 'a', 'index.d.ts': after } },
})

const input = 'export declare function f(options: Options): void\n'
const output = 'export declare function f(): Options\n'

export const writtenTypes: readonly WrittenPair[] = [
  types('an export is gone', ['major', 'export-removed'], ['export const a: 1; export const b: 2', 'export const a: 1']),
  types('an export is new', ['minor', 'export-added'], ['export const a: 1', 'export const a: 1; export const b: 2']),
  types(
    'a parameter is required',
    ['major', 'required-parameter-added'],
    ['export declare function f(a: string): void', 'export declare function f(a: string, b: number): void'],
  ),
  types(
    'a parameter is possible',
    ['minor', 'parameter-added'],
    ['export declare function f(a: string): void', 'export declare function f(a: string, b?: number): void'],
  ),
  types(
    'a function takes less',
    ['major', 'type-narrowed'],
    ['export declare function f(a: string | number): void', 'export declare function f(a: string): void'],
  ),
  types(
    'a function takes more',
    ['minor', 'type-widened'],
    ['export declare function f(a: string): void', 'export declare function f(a: string | number): void'],
  ),
  types(
    'a function returns more',
    ['major', 'type-widened'],
    ['export declare function f(): string', 'export declare function f(): string | undefined'],
  ),
  types(
    'a function returns less',
    ['minor', 'type-narrowed'],
    ['export declare function f(): string | undefined', 'export declare function f(): string'],
  ),
  types(
    'a function returns a promise',
    ['major', 'type-changed'],
    ['export declare function f(): string', 'export declare function f(): Promise<string>'],
  ),
  types(
    'options need one more member',
    ['major', 'required-member-added'],
    [`${input}export interface Options { a: string }`, `${input}export interface Options { a: string; b: number }`],
  ),
  types(
    'options can have one more member',
    ['minor', 'member-added'],
    [`${input}export interface Options { a: string }`, `${input}export interface Options { a: string; b?: number }`],
  ),
  types(
    'a result has one more member',
    ['minor', 'member-added'],
    [`${output}export interface Options { a: string }`, `${output}export interface Options { a: string; b: number }`],
  ),
  types(
    'a member of a result is optional',
    ['major', 'member-became-optional'],
    [`${output}export interface Options { a: string }`, `${output}export interface Options { a?: string }`],
  ),
  types('a member is gone', ['major', 'member-removed'], ['export interface A { a: 1; b: 2 }', 'export interface A { a: 1 }']),
  types('a member of an enum is gone', ['major', 'enum-member-removed'], ['export declare enum E { A, B }', 'export declare enum E { A }']),
  types('a member of an enum is new', ['minor', 'enum-member-added'], ['export declare enum E { A }', 'export declare enum E { A, B }']),
  types(
    'a method of a class is gone',
    ['major', 'member-removed'],
    ['export declare class C { a(): void; b(): void }', 'export declare class C { a(): void }'],
  ),
  types(
    'what is private changed',
    ['patch'],
    [
      'export declare class C { #x; private a: string; b(): C }\nexport declare function f(c: C): void',
      'export declare class C { #y; private z: number; b(): C }\nexport declare function f(c: C): void',
    ],
  ),
  types(
    'what is internal by its name is gone',
    ['patch', 'member-removed'],
    ['export interface A { _a: 1; b: 2 }', 'export interface A { b: 2 }'],
  ),
  types(
    'a type needs one more argument',
    ['major', 'type-parameter-added'],
    ['export interface A<T> { a: T }', 'export interface A<T, U> { a: T | U }'],
  ),
  types(
    'a type parameter has another name',
    ['patch'],
    [
      'export interface A<T> { a: T }\nexport declare function f<T>(a: T): A<T>',
      'export interface A<V> { a: V }\nexport declare function f<U>(a: U): A<U>',
    ],
  ),
  types(
    'a callback is given less',
    ['major'],
    [
      'export declare function on(listener: (event: { a: string; b: string }) => void): void',
      'export declare function on(listener: (event: { a: string }) => void): void',
    ],
  ),
  types(
    'a callback is given more',
    ['minor'],
    [
      'export declare function on(listener: (event: { a: string }) => void): void',
      'export declare function on(listener: (event: { a: string }, more: number) => void): void',
    ],
  ),
  types(
    'an overload is gone',
    ['major'],
    [
      'export declare function f(a: string): string\nexport declare function f(a: number): number',
      'export declare function f(a: string): string',
    ],
  ),
  types(
    'declarations are written in another order and way',
    ['patch'],
    [
      'export interface A { a: string; b(x: number): void }\nexport declare function f(a: A): string',
      'export declare function f(other: A): string\nexport type A = { b: (x: number) => void; a: string }',
    ],
  ),
  types(
    'types of a package that is not there',
    ['patch'],
    [
      'import type { X } from "elsewhere"\nexport declare function f(x: X): void',
      'import type { Y } from "elsewhere"\nexport declare function f(x: Y): void',
    ],
  ),
  types(
    'the main type is only a type any more',
    ['major', 'value-removed'],
    ['export declare class A { a: 1 }', 'export interface A { a: 1 }'],
  ),
]
