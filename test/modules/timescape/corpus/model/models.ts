import type { Bump } from '../../../../../src/modules/timescape/change.ts'

/** `[dtype, ...shape]` by name. */
export type WrittenTensors = Readonly<Record<string, readonly [string, ...number[]]>>

export interface WrittenModel {
  readonly texts?: Readonly<Record<string, unknown>>
  readonly safetensors?: Readonly<Record<string, WrittenTensors>>
  /** Keys of the header; numbers are written as u32. */
  readonly gguf?: Readonly<Record<string, Readonly<Record<string, string | number>>>>
}

export interface ModelPair {
  readonly name: string
  readonly bump: Bump
  readonly rules: readonly string[]
  readonly before: WrittenModel
  readonly after: WrittenModel
}

type Verdict = readonly [Bump, ...string[]]
const tensors: WrittenTensors = { 'embed.weight': ['F32', 16, 4], 'head.weight': ['F32', 4, 16], 'head.bias': ['F32', 16] }
const weights = (name: string, [bump, ...rules]: Verdict, after: WrittenTensors): ModelPair => ({
  ...{ name, bump, rules },
  before: { safetensors: { 'model.safetensors': tensors } },
  after: { safetensors: { 'model.safetensors': after } },
})
const texts = (
  name: string,
  [bump, ...rules]: Verdict,
  [before, after]: readonly [WrittenModel['texts'], WrittenModel['texts']],
): ModelPair => ({
  ...{ name, bump, rules },
  before: { ...(before && { texts: before }), safetensors: { 'model.safetensors': tensors } },
  after: { ...(after && { texts: after }), safetensors: { 'model.safetensors': tensors } },
})
const config = { architectures: ['BertForSequenceClassification'], model_type: 'bert', hidden_size: 768, max_position_embeddings: 512 }
const { 'head.bias': _bias, ...withoutBias } = tensors
const gguf = (name: string, [bump, ...rules]: Verdict, after: Readonly<Record<string, string | number>>): ModelPair => {
  const keys = { 'general.architecture': 'llama', 'general.file_type': 7, 'llama.context_length': 4_096 }
  return { ...{ name, bump, rules }, before: { gguf: { 'model.gguf': keys } }, after: { gguf: { 'model.gguf': { ...keys, ...after } } } }
}

export const models: readonly ModelPair[] = [
  weights('a tensor is gone', ['major', 'tensor-removed'], withoutBias),
  weights('a tensor is new', ['minor', 'tensor-added'], { ...tensors, 'extra.weight': ['F32', 1] }),
  weights('a tensor has another shape', ['major', 'tensor-shape-changed'], { ...tensors, 'embed.weight': ['F32', 32, 4] }),
  weights('numbers are shorter', ['minor', 'tensor-type-changed'], { ...tensors, 'embed.weight': ['BF16', 16, 4] }),
  weights('numbers are quantized', ['major', 'tensor-type-changed'], { ...tensors, 'embed.weight': ['I8', 16, 4] }),
  {
    ...{ name: 'the same tensors in two files', bump: 'none', rules: [] },
    before: { safetensors: { 'model.safetensors': tensors } },
    after: {
      safetensors: {
        'model-00001-of-00002.safetensors': withoutBias,
        'model-00002-of-00002.safetensors': { 'head.bias': ['F32', 16] },
      },
    },
  },
  texts(
    'a shard is missing',
    ['major', 'shard-broken'],
    [
      { 'model.safetensors.index.json': { weight_map: { 'head.bias': 'model.safetensors' } } },
      { 'model.safetensors.index.json': { weight_map: { 'head.bias': 'model-00002-of-00002.safetensors' } } },
    ],
  ),
  texts(
    'another architecture',
    ['major', 'architecture-changed'],
    [{ 'config.json': config }, { 'config.json': { ...config, architectures: ['BertModel'] } }],
  ),
  texts('another size', ['major', 'dimension-changed'], [{ 'config.json': config }, { 'config.json': { ...config, hidden_size: 1_024 } }]),
  texts(
    'takes longer texts',
    ['minor', 'capacity-changed'],
    [{ 'config.json': config }, { 'config.json': { ...config, max_position_embeddings: 1_024 } }],
  ),
  texts(
    'written by a newer library',
    ['patch', 'content-changed'],
    [{ 'config.json': { ...config, transformers_version: '4.1.0' } }, { 'config.json': { ...config, transformers_version: '4.2.0' } }],
  ),
  texts(
    'labels in another order',
    ['major', 'label-changed'],
    [{ 'config.json': { ...config, id2label: { 0: 'no', 1: 'yes' } } }, { 'config.json': { ...config, id2label: { 0: 'yes', 1: 'no' } } }],
  ),
  texts(
    'another tokenizer',
    ['major', 'tokenizer-changed'],
    [{ 'tokenizer.json': { version: '1' } }, { 'tokenizer.json': { version: '2' } }],
  ),
  texts(
    'another chat template',
    ['minor', 'chat-template-changed'],
    [
      { 'tokenizer_config.json': { chat_template: 'a', eos_token: '</s>' } },
      { 'tokenizer_config.json': { chat_template: 'b', eos_token: '</s>' } },
    ],
  ),
  texts('another card', ['patch', 'content-changed'], [{ 'README.md': 'a' }, { 'README.md': 'b' }]),
  gguf('another quantization', ['minor', 'quantization-changed'], { 'general.file_type': 2 }),
  gguf('a shorter context', ['major', 'capacity-changed'], { 'llama.context_length': 2_048 }),
  gguf('another family', ['major', 'architecture-changed'], { 'general.architecture': 'qwen2' }),
]
