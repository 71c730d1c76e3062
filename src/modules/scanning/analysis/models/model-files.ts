import type { Findings, Sighting } from '../rules/findings.ts'
import type { ByteReader } from '../walk/byte-reader.ts'
import { Truncated } from '../walk/byte-reader.ts'
import { checkGguf } from './gguf.ts'
import { hasLambda, kerasCode } from './keras.ts'
import { hasPickledItems } from './numpy-array.ts'
import { checkOnnx } from './onnx.ts'
import { analysePickles, looksLikePickle, mayStartPickle } from './pickle-analysis.ts'
import { checkSafetensors, FormatBroken } from './safetensors.ts'

type ModelFormat = 'safetensors' | 'gguf' | 'onnx' | 'pickle' | 'perhaps pickle' | 'hdf5' | 'numpy' | 'keras config' | 'template'
type See = (sighting: Omit<Sighting, 'path'>) => void

const byEnding: readonly (readonly [RegExp, ModelFormat])[] = [
  [/\.safetensors$/i, 'safetensors'],
  [/\.gguf$/i, 'gguf'],
  [/\.onnx$/i, 'onnx'],
  [/\.(?:pkl|pickle|joblib|dill)$/i, 'pickle'],
  [/\.(?:h5|hdf5)$/i, 'hdf5'],
  [/\.npy$/i, 'numpy'],
  [/(?:^|\/)config\.json$/i, 'keras config'],
  [/(?:^|\/)(?:tokenizer_config|chat_template)\.(?:json|jinja)$/i, 'template'],
]
/** Endings that say nothing but are what checkpoints of PyTorch and scikit-learn have: a pickle there is no surprise. */
const mayBePickle = /\.(?:pkl|pickle|joblib|dill|pt|pth|bin|ckpt|model|dat|npy|npz|p|sav)$|(?:^|\/)data\.pkl$|^[^.]*$/i
/** Of these, whose loaders do not ask for a mark, also what has none. */
const loadedAsPickle = /\.(?:pt|pth|bin|ckpt|model|sav|dat|p)$/i
const jinjaEscape = /__(?:class|globals|subclasses|builtins|import|mro|base|init|getattribute)__|\bcycler\.__init__|lipsum\.__globals__/
const maxJsonBytes = 16_777_216

/** What the first bytes say goes before what the name says. */
export function modelFormat(path: string, head: Buffer): ModelFormat | undefined {
  if (looksLikePickle(head)) return 'pickle'
  const magic = head.toString('latin1', 0, 8)
  if (magic.startsWith('GGUF')) return 'gguf'
  if (magic.startsWith('\x89HDF\r\n')) return 'hdf5'
  if (magic.startsWith('\x93NUMPY')) return 'numpy'
  const named = byEnding.find(([ending]) => ending.test(path))?.[1]
  return named ?? (loadedAsPickle.test(path) && mayStartPickle(head) ? 'perhaps pickle' : undefined)
}

/** The models of a version: which formats are there, and what loading them would do. */
export class ModelFiles {
  readonly #findings: Findings
  readonly #declared: string | undefined
  readonly #formats = new Set<string>()

  constructor(findings: Findings, declared: string | undefined) {
    this.#findings = findings
    this.#declared = declared?.toLowerCase()
  }

  /** How the content of this file is to be read; undefined when it is nothing of a model. */
  reads(path: string, head: Buffer): ((content: ByteReader) => Promise<void>) | undefined {
    if (/(?:^|\/)code\/.*\.py$/.test(path)) this.#see(path)({ rule: 'model/torchscript-code', message: 'code of TorchScript' })
    const format = modelFormat(path, head)
    if (!format) return undefined
    const named = byEnding.find(([ending]) => ending.test(path))?.[1]
    const see = this.#see(path)
    if (format === 'pickle' && !mayBePickle.test(path))
      see({ rule: 'model/format-mismatch', message: 'a pickle under the name of something else' })
    else if (named && named !== format && format !== 'numpy')
      see({ rule: 'model/format-mismatch', message: `named as ${named}, but it is ${format}` })
    if (format !== 'perhaps pickle') this.#formats.add(format)
    return async (content) => {
      try {
        await this.#check(format, content, see)
      } catch (error) {
        if (!(error instanceof FormatBroken) && !(error instanceof Truncated)) throw error
        see({ rule: 'model/format-mismatch', message: `not the ${format} it says it is: ${error.message}` })
      }
    }
  }

  /** P16: the declared format is there, and nothing that runs code beside a format chosen because it runs none. */
  conclude(): void {
    const declared = this.#declared
    if (!declared) return
    const expected = { pytorch: 'pickle', torch: 'pickle', keras: 'hdf5', npy: 'numpy' }[declared] ?? declared
    const isKnown = ['safetensors', 'gguf', 'onnx', 'pickle', 'hdf5', 'numpy'].includes(expected)
    const isThere = this.#formats.has(expected) || (expected === 'hdf5' && this.#formats.has('keras config'))
    if (isKnown && !isThere) this.#see('')({ rule: 'model/format-mismatch', message: `declared as ${declared}, but no file is` })
    if (isKnown && expected !== 'pickle' && this.#formats.has('pickle')) {
      this.#see('')({ rule: 'model/format-mismatch', message: `declared as ${declared}, but there are pickles` })
    }
  }

  #see(path: string): See {
    return (sighting) => this.#findings.add({ ...sighting, path })
  }

  async #check(format: ModelFormat, content: ByteReader, see: See): Promise<void> {
    switch (format) {
      case 'safetensors':
      case 'onnx': {
        const { hasMetadata } = format === 'onnx' ? await checkOnnx(content) : await checkSafetensors(content)
        if (!hasMetadata) see({ rule: 'model/metadata-missing', message: `${format} without its metadata` })
        return
      }
      case 'gguf':
        return this.#gguf(content, see)
      case 'hdf5':
        if (await hasLambda(content.rest())) see({ rule: 'model/keras-lambda', message: 'a Lambda layer, which is code' })
        return
      case 'pickle':
        see({ rule: 'model/pickle', message: 'a pickle: loading it may run code' })
        await analysePickles(content, see)
        return
      case 'perhaps pickle':
        return this.#perhapsPickle(content, see)
      case 'numpy':
        if (await hasPickledItems(content)) await analysePickles(content, see)
        return
      default:
        return this.#config(format, await content.peek(maxJsonBytes), see)
    }
  }

  /** Raw numbers and formats that nobody knows here are no damaged pickles. */
  async #perhapsPickle(content: ByteReader, see: See): Promise<void> {
    const found: Omit<Sighting, 'path'>[] = []
    if (!(await analysePickles(content, (sighting) => found.push(sighting), { isGuess: true }))) return
    this.#formats.add('pickle')
    see({ rule: 'model/pickle', message: 'a pickle: loading it may run code' })
    for (const sighting of found) see(sighting)
  }

  async #gguf(content: ByteReader, see: See): Promise<void> {
    const { hasArchitecture, templates } = await checkGguf(content)
    if (!hasArchitecture) see({ rule: 'model/metadata-missing', message: 'general.architecture is missing' })
    if (templates.some((template) => jinjaEscape.test(template))) {
      see({ rule: 'model/code-in-config', message: 'its chat template leaves the sandbox of Jinja' })
    }
  }

  async #config(format: ModelFormat, bytes: Buffer, see: See): Promise<void> {
    const text = bytes.toString('utf8')
    if (format === 'template') {
      if (jinjaEscape.test(text)) see({ rule: 'model/code-in-config', message: 'its chat template leaves the sandbox of Jinja' })
      return
    }
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return
    }
    const { hasLambda: found, calls } = kerasCode(json)
    if (found) see({ rule: 'model/keras-lambda', message: 'a Lambda layer, which is code' })
    if (calls.length > 0) see({ rule: 'model/code-in-config', message: `loading it calls ${calls.slice(0, 5).join(', ')}` })
  }
}
