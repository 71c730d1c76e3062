import type { Sighting } from '../rules/findings.ts'
import { ByteReader, Truncated } from '../walk/byte-reader.ts'
import { joblibArrayBytes } from './joblib-array.ts'
import { type GlobalKind, kindOfGlobal } from './pickle-globals.ts'
import { computed, type GlobalSeen, PickleMachine } from './pickle-machine.ts'
import { argumentForm } from './pickle-opcodes.ts'
import { NoPickle, type Opcode, readOpcode } from './pickle-reader.ts'

type See = (sighting: Omit<Sighting, 'path'>) => void

const maxOpcodes = 20_000_000
const maxNesting = 3
const maxPicklesInRow = 1000
const maxHeld = 1000

export const looksLikePickle = (head: Buffer): boolean =>
  (head[0] === 0x80 && (head[1] ?? 0) >= 1 && (head[1] ?? 9) <= 5) ||
  /^[(\]}]{0,3}(?:c|i)[A-Za-z_][\w.]*\r?\n[\w.]+\r?\n/.test(head.toString('latin1', 0, 200)) ||
  /^\((?:dp0|lp0|[SVFI])/.test(head.toString('latin1', 0, 8))

/** Whether bytes without any mark of a format could be a pickle: most need none, and loaders ask for none. */
export const mayStartPickle = (head: Buffer): boolean => head.length > 1 && argumentForm(head[0] ?? 0) !== undefined

/**
 * Reads one pickle after another for as long as there are any; files of old PyTorch are five, and then raw numbers. What broke off early is judged by
 * what came before. With `isGuess` the first may be none at all. True when something imports.
 */
export async function analysePickles(
  reader: ByteReader,
  see: See,
  { depth = 0, isGuess = false }: { readonly depth?: number; readonly isGuess?: boolean } = {},
): Promise<boolean> {
  const reading = new PickleReading(see, depth)
  let isCertain = !isGuess
  try {
    for (let count = 0; count < maxPicklesInRow; count += 1) {
      await reading.pickle(reader, isCertain)
      const head = await reader.peek(2)
      if (!mayStartPickle(head)) break
      isCertain = head[0] === 0x80 && (head[1] ?? 9) <= 5
    }
  } catch (error) {
    if (!(error instanceof NoPickle) && !(error instanceof Truncated)) throw error
    if (isCertain) reading.brokenOff(error.message, depth)
  }
  reading.conclude()
  return reading.hasGlobals
}

/** Numbers may look like opcodes for a while; names of Python they hardly contain. */
const isPlausible = ({ module, name }: GlobalSeen): boolean => /^[A-Za-z_][\w.]*$/.test(module) && /^[A-Za-z_][\w.]*$/.test(name)

class PickleReading {
  readonly #see: See
  readonly #depth: number
  readonly #globals = new Map<string, GlobalKind>()
  #opcodes = 0

  constructor(see: See, depth: number) {
    this.#see = see
    this.#depth = depth
  }

  get hasGlobals(): boolean {
    return this.#globals.size > 0
  }

  /** Where no mark says that it is a pickle, what raw numbers could say as well counts once it came to its end. */
  async pickle(reader: ByteReader, isCertain: boolean): Promise<void> {
    const held: GlobalSeen[] = []
    const machine = new PickleMachine((global) => {
      if (isCertain || isPlausible(global)) this.#global(global)
      else if (held.length < maxHeld) held.push(global)
    })
    for (;;) {
      const opcode = await readOpcode(reader)
      this.#opcodes += 1
      if (this.#opcodes > maxOpcodes) throw new NoPickle(`more than ${maxOpcodes} opcodes`)
      if (opcode.code === '.') {
        for (const global of held) this.#global(global)
        return
      }
      await this.#nested(opcode)
      const built = machine.step(opcode)
      if (built) await joblibArrayBytes(built, reader)
    }
  }

  brokenOff(message: string, depth: number): void {
    if (depth === 0) this.#see({ rule: 'model/damaged', message: `the pickle breaks off: ${message}` })
  }

  conclude(): void {
    const unknown = [...this.#globals].filter(([, kind]) => kind === 'unknown').map(([name]) => name)
    if (unknown.length > 0) this.#see({ rule: 'model/unknown-global', message: `the pickle imports ${unknown.slice(0, 5).join(', ')}` })
  }

  #global({ module, name }: GlobalSeen): void {
    const full = `${module}.${name}`.slice(0, 120)
    if (this.#globals.has(full) || this.#globals.size > 10_000) return
    const kind = module === computed || name === computed ? 'dangerous' : kindOfGlobal(module, name)
    this.#globals.set(full, kind)
    if (kind === 'dangerous')
      this.#see({ rule: 'model/dangerous-global', message: `the pickle imports ${full}, which runs code when it is loaded` })
    if (kind === 'loads') this.#see({ rule: 'model/nested-pickle', message: `the pickle loads another one with ${full}` })
  }

  /** Bytes that are a pickle of their own, for whoever loads what was loaded. */
  async #nested({ code, bytes, isWhole }: Opcode): Promise<void> {
    if (this.#depth >= maxNesting || !isWhole || !'BCUTX\x8c\x8d\x8e\x96'.includes(code)) return
    if (bytes.length < 8 || !looksLikePickle(bytes)) return
    const inside: Omit<Sighting, 'path'>[] = []
    await analysePickles(new ByteReader(single(bytes)), (sighting) => inside.push(sighting), { depth: this.#depth + 1 })
    for (const sighting of inside) this.#see({ ...sighting, message: `in a pickle inside: ${sighting.message}` })
  }
}

async function* single(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes
}
