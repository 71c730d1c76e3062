import { posix } from 'node:path'
import type { EntryFile } from '../../analysis.contract.ts'
import { isNoJavaScript } from '../javascript/syntax.ts'
import { nativeFormat } from '../walk/formats.ts'
import { languageOf, type ReadFile, readFile, readStarted } from './package-files.ts'

const maxKeptBytes = 262_144
const maxKeptInAll = 33_554_432

/** Blanks for NUL: inside strings and comments no engine minds them, and elsewhere they make the file none. */
export const textWithoutNul = (content: Buffer): string => content.toString('utf8').replaceAll('\0', ' ')

/** Files of a package by what was read of them. Text of no known language waits, since whatever starts it decides what it is. */
export class PackageContents {
  readonly #read = new Map<string, ReadFile>()
  readonly #waiting = new Map<string, Buffer>()
  readonly #named = new Set<string>()
  readonly #partly = new Set<string>()
  /** What no engine takes for code, whoever loads it: programs, pictures. */
  readonly #binary = new Set<string>()
  /** Of texts, and of what has as many NUL as real binaries do. */
  readonly #keptBytes = { text: 0, other: 0 }

  /** That it is there, whether it is read or not. */
  names(path: string): void {
    this.#named.add(path)
  }

  sees(path: string, file: EntryFile): void {
    this.#named.add(path)
    const { content, isWhole } = file
    const language = languageOf(file.path, content)
    if (language) this.add(path, readFile(file.path, textWithoutNul(content), language))
    else if (mayStartCode(content)) {
      const kind = hasFewNul(content) ? 'text' : 'other'
      if (content.length > maxKeptBytes || this.#keptBytes[kind] + content.length > maxKeptInAll) return
      this.#keptBytes[kind] += content.length
      this.#waiting.set(path, content)
    } else this.#binary.add(path)
    if (!isWhole) this.#partly.add(path)
  }

  /** Of a name that comes twice both count: which one is unpacked is up to whoever unpacks. */
  add(path: string, file: ReadFile): void {
    const { always, atInstall, uses } = this.#read.get(path) ?? { always: [], atInstall: [], uses: [] }
    this.#read.set(path, {
      always: [...always, ...file.always],
      atInstall: [...atInstall, ...file.atInstall],
      uses: [...uses, ...file.uses],
    })
  }

  /** The files that are reached from some, by what each asks for, and those of them that were not read to their end. What no parser takes nothing loads. */
  reachedFrom(starts: Iterable<string>): { readonly reached: ReadonlySet<string>; readonly unread: readonly string[] } {
    const reached = new Set<string>()
    const unread: string[] = []
    const queue = [...starts].flatMap((start) => this.#located(start))
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue
      reached.add(path)
      if (this.#isUnread(path) && !this.#binary.has(path) && !noCode.test(path)) unread.push(path)
      const folder = posix.dirname(path)
      for (const use of this.#loaded(path)?.uses ?? []) queue.push(...this.#located(posix.join(folder, use)), ...this.#located(use))
    }
    return { reached, unread }
  }

  /** A command names this file, so it is read as whatever a command can start. False when it is there and was not read to its end. */
  start(name: string): boolean {
    const [path] = this.#located(name)
    if (path === undefined) return !this.#named.has(normal(name))
    const content = this.#waiting.get(path)
    if (content) {
      this.#waiting.delete(path)
      this.#read.set(path, readStarted(path, textWithoutNul(content)))
    }
    return !this.#isUnread(path)
  }

  /** Exactly this name, without the endings that a module is looked for with. */
  has(name: string): boolean {
    const path = normal(name)
    return this.#read.has(path) || this.#waiting.has(path)
  }

  get read(): ReadonlyMap<string, ReadFile> {
    return this.#read
  }

  #loaded(path: string): ReadFile | undefined {
    const content = this.#waiting.get(path)
    // Node reads JSON as what it is, wherever it is asked for.
    if (!content || path.endsWith('.json')) return this.#read.get(path)
    const text = textWithoutNul(content)
    this.#waiting.delete(path)
    this.#read.set(path, isNoJavaScript(text) ? nothingSaid : readFile(path, text, 'javascript'))
    return this.#read.get(path)
  }

  #isUnread(path: string): boolean {
    return this.#partly.has(path) || !(this.#read.has(path) || this.#waiting.has(path))
  }

  #located(name: string): string[] {
    const path = normal(name)
    const found = endings
      .map((ending) => (path === '.' ? ending.replace(/^\//, '') : path + ending))
      .find((candidate) => this.#read.has(candidate) || this.#named.has(candidate))
    return found === undefined ? [] : [found]
  }
}

const endings = ['', '.js', '.cjs', '.mjs', '.ts', '.json', '/index.js', '/index.cjs', '/index.mjs']
/** What Node loads as something else. */
const noCode = /\.(?:json|node|wasm)$/i
const nothingSaid: ReadFile = { always: [], atInstall: [], uses: [] }
const normal = (path: string): string => posix.normalize(path).replace(/^\.?\/+/, '')

/** Outside strings and comments an engine takes no bytes that are no UTF-8, so what begins with some is no code. */
const mayStartCode = (content: Buffer): boolean =>
  !nativeFormat(content) &&
  !content
    .toString('utf8', 0, 64)
    .replace(/^[\ufeff\s]+/, '')
    .startsWith('\ufffd')

/** A few NUL are there to look like something else; of real binaries they are a good part. */
function hasFewNul(content: Buffer): boolean {
  let count = 0
  for (let at = content.indexOf(0); at >= 0; at = content.indexOf(0, at + 1)) count += 1
  return count * 50 <= content.length
}
