import type { Chunks } from '../walk/byte-reader.ts'
import { kindOfGlobal } from './pickle-globals.ts'

const lambda = /"class_name"\s*:\s*"(?:__lambda__|Lambda|TFOpLambda\b.{0,0}Lambda)"/
const overlapBytes = 128

/** HDF5 keeps the configuration of the model as text somewhere in the file: finds a Lambda layer in it. */
export async function hasLambda(content: Chunks): Promise<boolean> {
  let tail = ''
  for await (const chunk of content) {
    const text = tail + chunk.toString('latin1')
    if (lambda.test(text)) return true
    tail = text.slice(-overlapBytes)
  }
  return false
}

export interface KerasCode {
  readonly hasLambda: boolean
  /** Names of other packages that loading the model would call. */
  readonly calls: readonly string[]
}

const maxNodes = 500_000
/** Where classes and functions of Keras itself live; any other module is asked of as a pickle would be. */
const own = /^(?:keras|tensorflow\.keras|tf_keras|keras_core|keras_hub|keras_nlp|keras_cv|builtins)(?:\.|$)/

/** config.json of a `.keras` file: every object may name a module and a class or function to make it with. */
export function kerasCode(json: unknown): KerasCode {
  const calls = new Set<string>()
  let found = false
  const queue: unknown[] = [json]
  for (let seen = 0; queue.length > 0 && seen < maxNodes; seen += 1) {
    const node = queue.pop()
    if (typeof node !== 'object' || node === null) continue
    queue.push(...Object.values(node).slice(0, 10_000))
    const { class_name: className } = node as Record<string, unknown>
    found ||= className === 'Lambda' || className === '__lambda__'
    const call = callOf(node as Record<string, unknown>)
    if (call !== undefined) calls.add(call)
  }
  return { hasLambda: found, calls: [...calls].slice(0, 20) }
}

function callOf({ class_name: className, module, config, registered_name: registered }: Record<string, unknown>): string | undefined {
  if (typeof module !== 'string' || typeof className !== 'string') return undefined
  const name = className === 'function' ? String(registered ?? config) : className
  const isHarmful = own.test(module) ? isLoader(module, name) : kindOfGlobal(module, name) === 'dangerous'
  return isHarmful ? `${module}.${name}` : undefined
}

/** Functions of Keras that fetch or load, which a configuration has no reason to name (CVE-2025-1550). */
const isLoader = (module: string, name: string): boolean =>
  /^(?:get_file|load_model|load_weights|save_model|register_keras_serializable|clone_model)$/.test(name) ||
  (/^keras\.(?:src\.)?utils/.test(module) && /file|load/i.test(name)) ||
  (module === 'builtins' && /^(?:eval|exec|getattr|open|compile|__import__)$/.test(name))
