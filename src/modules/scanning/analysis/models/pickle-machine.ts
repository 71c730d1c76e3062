import { NoPickle, type Opcode } from './pickle-reader.ts'

/** What is known of a value without making it. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'global'; readonly module: string; readonly name: string }
  | { readonly kind: 'list'; readonly items: Value[] }
  | { readonly kind: 'object'; readonly of: Value; readonly args: Value; readonly state: Map<string, Value> }
  | { readonly kind: 'mark' }
  | { readonly kind: 'other' }

export interface GlobalSeen {
  readonly module: string
  readonly name: string
}

/** In the place of a name that only shows when the pickle is loaded. */
export const computed = '?'

const other: Value = { kind: 'other' }
const mark: Value = { kind: 'mark' }
const maxStack = 1_000_000
const maxItems = 10_000

/** Runs the opcodes on descriptions of values: what would be imported and called is seen, nothing is. */
export class PickleMachine {
  #stack: Value[] = []
  readonly #memo = new Map<number, Value>()
  readonly #see: (global: GlobalSeen) => void

  constructor(see: (global: GlobalSeen) => void) {
    this.#see = see
  }

  /** The object that BUILD just filled, for formats that put bytes of their own behind it. */
  step(opcode: Opcode): Value | undefined {
    const { code } = opcode
    if (this.#stack.length > maxStack) this.#stack = this.#stack.slice(-maxItems)
    if (code === 'b') return this.#build()
    const simple = this.#literal(opcode)
    if (simple) this.#push(simple)
    else if (!this.#onMemo(opcode) && !this.#onGlobal(opcode) && !this.#onCall(code)) this.#onContainer(code)
    return undefined
  }

  #literal({ code, bytes }: Opcode): Value | undefined {
    switch (code) {
      case 'X':
      case '\x8c':
      case '\x8d':
      case 'V':
      case 'U':
      case 'T':
        return { kind: 'text', text: bytes.toString('utf8', 0, 4096) }
      case 'S':
        return { kind: 'text', text: bytes.toString('utf8', 0, 4096).replace(/^(['"])(.*)\1$/s, '$2') }
      case 'B':
      case 'C':
      case '\x8e':
      case '\x96':
        return { kind: 'bytes', bytes }
      case 'K':
        return { kind: 'number', number: bytes.readUInt8() }
      case 'M':
        return { kind: 'number', number: bytes.readUInt16LE() }
      case 'J':
        return { kind: 'number', number: bytes.readInt32LE() }
      case '\x8a':
        return { kind: 'number', number: bytes.length <= 6 && bytes.length > 0 ? bytes.readIntLE(0, bytes.length) : 0 }
      case 'I':
      case 'L':
        return { kind: 'number', number: Number.parseInt(bytes.toString('latin1'), 10) || 0 }
      default:
        return 'NFG\x88\x89\x8bP\x97'.includes(code) ? other : undefined
    }
  }

  #onMemo({ code, bytes }: Opcode): boolean {
    if ('pqr'.includes(code)) this.#keep(memoKey(code, bytes))
    else if (code === '\x94') this.#keep(this.#memo.size)
    else if ('ghj'.includes(code)) this.#push(this.#memo.get(memoKey(code, bytes)) ?? other)
    else return false
    return true
  }

  #keep(key: number): void {
    const top = this.#stack.at(-1)
    if (top && this.#memo.size < maxStack) this.#memo.set(key, top)
  }

  #onGlobal({ code, bytes, second }: Opcode): boolean {
    if (code === 'c') this.#global(bytes.toString('utf8'), second.toString('utf8'))
    else if (code === 'i') {
      const args = this.#toMark()
      this.#global(bytes.toString('utf8'), second.toString('utf8'))
      this.#push(made(this.#pop(), { kind: 'list', items: args }))
    } else if (code === '\x93') {
      const name = this.#stack.pop()
      this.#global(nameIn(this.#stack.pop()), nameIn(name))
    } else if ('\x82\x83\x84'.includes(code)) this.#global(computed, 'extension code')
    else return false
    return true
  }

  #global(module: string, name: string): void {
    this.#see({ module, name })
    this.#push({ kind: 'global', module, name })
  }

  #onCall(code: string): boolean {
    if (code === 'R' || code === '\x81') {
      const args = this.#pop()
      this.#push(made(this.#pop(), args))
    } else if (code === '\x92') {
      this.#pop()
      const args = this.#pop()
      this.#push(made(this.#pop(), args))
    } else if (code === 'o') {
      const [of = other, ...items] = this.#toMark()
      this.#push(made(of, { kind: 'list', items }))
    } else return false
    return true
  }

  #onContainer(code: string): void {
    const tuple = '\x85\x86\x87'.indexOf(code) + 1
    if (tuple > 0) this.#push({ kind: 'list', items: this.#take(tuple) })
    else if ('tl\x91'.includes(code)) this.#push({ kind: 'list', items: this.#toMark() })
    else if (')]'.includes(code)) this.#push({ kind: 'list', items: [] })
    else if ('}\x8f'.includes(code)) this.#push(made(other, other))
    else if (code === 'd') this.#push(filled(made(other, other), this.#toMark()))
    else if ('us'.includes(code)) this.#setItems(code)
    else if ('ae\x90'.includes(code)) this.#append(code)
    else this.#onStack(code)
  }

  #onStack(code: string): void {
    if (code === '(') this.#push(mark)
    else if (code === '0' || code === 'Q') this.#popFor(code)
    else if (code === '1') this.#toMark()
    else if (code === '2') this.#push(this.#stack.at(-1) ?? other)
  }

  #setItems(code: string): void {
    const pairs = code === 'u' ? this.#toMark() : this.#take(2)
    const target = this.#stack.at(-1)
    if (target?.kind === 'object') filled(target, pairs)
  }

  #append(code: string): void {
    const items = code === 'a' ? this.#take(1) : this.#toMark()
    const target = this.#stack.at(-1)
    if (target?.kind === 'list' && target.items.length < maxItems) target.items.push(...items.slice(0, maxItems))
  }

  #popFor(code: string): void {
    this.#pop()
    if (code === 'Q') this.#push(other)
  }

  #build(): Value | undefined {
    const state = this.#pop()
    const target = this.#stack.at(-1)
    if (target?.kind !== 'object') return undefined
    if (state.kind === 'object') for (const [key, value] of state.state) target.state.set(key, value)
    return target
  }

  #push(value: Value): void {
    this.#stack.push(value)
  }

  #pop(): Value {
    return this.#stack.pop() ?? other
  }

  #take(count: number): Value[] {
    return this.#stack.splice(Math.max(0, this.#stack.length - count), count)
  }

  #toMark(): Value[] {
    const at = this.#stack.lastIndexOf(mark)
    return at < 0 ? [] : this.#stack.splice(at).slice(1)
  }
}

/** What is not a plain string here was made by a call: a name that is kept from readers. What cannot be a string ends the pickle. */
function nameIn(value: Value | undefined): string {
  if (value?.kind === 'text') return value.text
  if (value?.kind === 'object' || value?.kind === 'other') return computed
  throw new NoPickle('a name that is no text')
}

function memoKey(code: string, bytes: Buffer): number {
  if (code === 'p' || code === 'g') return Number.parseInt(bytes.toString('latin1'), 10)
  return bytes.length === 4 ? bytes.readUInt32LE() : (bytes[0] ?? 0)
}

const made = (of: Value, args: Value): Value & { kind: 'object' } => ({ kind: 'object', of, args, state: new Map() })

function filled(target: Value & { kind: 'object' }, pairs: readonly Value[]): Value {
  for (let index = 0; index + 1 < pairs.length && target.state.size < maxItems; index += 2) {
    const key = pairs[index]
    const value = pairs[index + 1]
    if (key?.kind === 'text' && value) target.state.set(key.text, value)
  }
  return target
}
