import { posix } from 'node:path'
import type { Change } from '../../change.ts'
import { type Members, sameValue, textMembers, UnreadableContent } from '../content.ts'
import { pointer, type Report } from '../report.ts'
import { compareGgufKeys, compareModelConfig } from './compare-config.ts'
import { compareTensors } from './compare-tensors.ts'
import { readGguf } from './gguf.ts'
import type { ModelReader } from './read-model.ts'
import { readSafetensors, type Tensor } from './safetensors.ts'

interface Pair {
  readonly before: ModelReader
  readonly after: ModelReader
}

/** Headers are small; there may be hundreds of them. */
const maxWeightFiles = 400
const maxIndexBytes = 8_388_608

const weights = /\.(?:safetensors|gguf|bin|pt|pth|onnx|h5|keras|msgpack|ot|tflite|pb|ckpt|mlmodel|engine|plan)$/
const tokenizer =
  /(?:^|\/)(?:tokenizer\.json|tokenizer\.model|vocab\.(?:json|txt)|merges\.txt|spiece\.model|sentencepiece\.bpe\.model|added_tokens\.json)$/
const processing = /(?:^|\/)(?:preprocessor_config|processor_config|image_processor_config|feature_extractor_config)\.json$/
const shardIndex = /\.safetensors\.index\.json$/
/** A shard has another name as soon as there is one more. */
const shard = /-\d{5}-of-\d{5}/

/** What those notice who run the model, or build on its weights. What cannot be read is told, and the rest compared. */
export async function compareModels(pair: Pair, report: Report, signal: AbortSignal): Promise<void> {
  compareFileNames(pair, report)
  const steps = [
    () => compareJson(pair, 'config.json', (values) => compareModelConfig(values, report)),
    () => compareJson(pair, 'tokenizer_config.json', (values) => compareTokenizerConfig(values, report)),
    () => compareJson(pair, 'generation_config.json', (values) => compareGeneration(values, report)),
    ...[...pair.after.files.keys()].filter((name) => shardIndex.test(name)).map((name) => () => checkShards(pair.after, name, report)),
    ...foldersOf(pair).map((folder) => () => compareSafetensors(pair, folder, report)),
    ...changedFiles(pair, /\.gguf$/)
      .slice(0, maxWeightFiles)
      .map((name) => () => compareGguf(pair, name, report)),
  ]
  for (const step of steps) {
    signal.throwIfAborted()
    await step().catch((error: unknown) => {
      if (!(error instanceof UnreadableContent)) throw error
      report({ path: '/files', rule: 'content-unreadable', bump: 'none', message: error.message })
    })
  }
}

const changedFiles = ({ before, after }: Pair, pattern: RegExp): readonly string[] =>
  [...before.files.keys()].filter(
    (name) => pattern.test(name) && after.files.has(name) && after.files.get(name)?.digest !== before.files.get(name)?.digest,
  )

function compareFileNames({ before, after }: Pair, report: Report): void {
  for (const name of before.files.keys()) if (!after.files.has(name)) reportRemoved(name, [...after.files.keys()], report)
  for (const name of changedFiles({ before, after }, /./)) report({ path: pointer('files', name), ...contentChange(name) })
  for (const name of after.files.keys())
    if (!before.files.has(name) && !shard.test(name))
      report({ path: pointer('files', name), rule: 'file-added', bump: weights.test(name) ? 'minor' : 'patch', message: `${name} is new` })
}

function contentChange(name: string): Omit<Change, 'path'> {
  if (tokenizer.test(name))
    return { rule: 'tokenizer-changed', bump: 'major', message: `${name} changed: the same text gives other tokens` }
  if (processing.test(name))
    return { rule: 'preprocessing-changed', bump: 'major', message: `${name} changed: inputs are prepared in another way` }
  if (weights.test(name)) return { rule: 'weights-changed', bump: 'minor', message: `${name} changed: answers will differ` }
  return { rule: 'content-changed', bump: 'patch', message: `${name} changed` }
}

function reportRemoved(name: string, kept: readonly string[], report: Report): void {
  // Where the tensors went is told by the tensors.
  const isMoved =
    name.endsWith('.safetensors') && kept.some((other) => other.endsWith('.safetensors') && posix.dirname(other) === posix.dirname(name))
  const isNeeded = weights.test(name) || tokenizer.test(name) || processing.test(name) || /(?:^|\/)config\.json$/.test(name)
  if (isMoved || (shard.test(name) && kept.some((other) => other.replace(shard, '') === name.replace(shard, '')))) return
  report({ path: pointer('files', name), rule: 'file-removed', bump: isNeeded ? 'major' : 'patch', message: `${name} is gone` })
}

async function compareJson(
  { before, after }: Pair,
  name: string,
  compare: (values: { before: Members; after: Members }) => void,
): Promise<void> {
  if (!changedFiles({ before, after }, /\.json$/).includes(name)) return
  const [was, is] = [await before.json(name), await after.json(name)]
  if (was && is) compare({ before: was, after: is })
}

function compareTokenizerConfig({ before, after }: { readonly before: Members; readonly after: Members }, report: Report): void {
  const template = 'chat_template'
  if (!sameValue(before[template], after[template]))
    report({
      path: pointer('tokenizer', template),
      rule: 'chat-template-changed',
      bump: 'minor',
      message: 'conversations are written in another way',
    })
  const [was, is] = [textMembers(before), textMembers(after)]
  for (const name of ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token', 'mask_token', 'tokenizer_class'])
    if (was.has(name) && was.get(name) !== is.get(name))
      report({
        ...{ path: pointer('tokenizer', name), rule: 'special-token-changed', bump: 'major', before: was.get(name), after: is.get(name) },
        message: `${name} was ${was.get(name)}, is ${is.get(name) ?? 'not given'}`,
      })
}

function compareGeneration({ before, after }: { readonly before: Members; readonly after: Members }, report: Report): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (name !== 'transformers_version' && !sameValue(before[name], after[name]))
      report({
        ...{ path: pointer('generation', name), rule: 'generation-changed', bump: 'minor', before: before[name], after: after[name] },
        message: `the default of ${name} is another one`,
      })
}

/** The index says which file has which tensor: without the file nobody can load the model. */
async function checkShards(reader: ModelReader, name: string, report: Report): Promise<void> {
  const map = textMembers((await reader.json(name, maxIndexBytes))?.['weight_map'])
  for (const file of new Set(map.values())) {
    const path = posix.join(posix.dirname(name), file)
    if (!reader.files.has(path))
      report({ path: pointer('files', path), rule: 'shard-broken', bump: 'major', message: `${name} names ${path}, which is not there` })
  }
}

const foldersOf = ({ before }: Pair): readonly string[] => [
  ...new Set([...before.files.keys()].filter((name) => name.endsWith('.safetensors')).map((name) => posix.dirname(name))),
]

/** All shards of a folder are one set of tensors. Those whose bytes are the same need not be looked at, if their tensors are nowhere else. */
async function compareSafetensors({ before, after }: Pair, folder: string, report: Report): Promise<void> {
  const names = ({ files }: ModelReader) =>
    [...files.keys()].filter((name) => name.endsWith('.safetensors') && posix.dirname(name) === folder)
  const [was, is] = [names(before), names(after)]
  if (is.length === 0) return
  const same = new Set(was.filter((name) => after.files.get(name)?.digest === before.files.get(name)?.digest))
  const tensors = { before: await tensorsOf(before, was, same), after: await tensorsOf(after, is, same) }
  compareTensors(tensors, folder === '.' ? '' : `${folder}/`, report)
}

async function tensorsOf(reader: ModelReader, names: readonly string[], same: ReadonlySet<string>): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>()
  for (const name of names.filter((each) => !same.has(each)).slice(0, maxWeightFiles))
    for (const [tensor, facts] of (await readSafetensors(reader, name))?.tensors ?? []) tensors.set(tensor, facts)
  return tensors
}

async function compareGguf({ before, after }: Pair, name: string, report: Report): Promise<void> {
  const [was, is] = [await readGguf(before, name), await readGguf(after, name)]
  if (!was || !is) return
  compareGgufKeys(was.metadata, is.metadata, report)
  compareTensors({ before: was.tensors, after: is.tensors }, '', report)
}
