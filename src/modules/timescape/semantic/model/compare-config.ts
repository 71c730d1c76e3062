import type { Bump } from '../../change.ts'
import { canonical, type Members, membersOf, sameValue, textMembers } from '../content.ts'
import { pointer, type Report } from '../report.ts'

interface Pair {
  readonly before: Members
  readonly after: Members
}

/** Members of `config.json` (Hugging Face) on which the code that runs a model depends. */
const structural = new Set([
  ...['architectures', 'model_type', 'hidden_size', 'd_model', 'n_embd', 'dim', 'vocab_size', 'num_hidden_layers', 'n_layer', 'num_layers'],
  ...['num_attention_heads', 'n_head', 'num_key_value_heads', 'head_dim', 'intermediate_size', 'hidden_act', 'activation_function'],
  ...['tie_word_embeddings', 'quantization_config', 'bos_token_id', 'eos_token_id', 'pad_token_id', 'type_vocab_size', 'problem_type'],
  ...['image_size', 'patch_size', 'num_channels', 'sampling_rate', 'feature_size', 'rope_theta', 'rope_scaling'],
])
/** How much a model takes: less is noticed. */
const capacities = new Set(['max_position_embeddings', 'n_positions', 'n_ctx', 'model_max_length', 'sliding_window', 'max_length'])
const numeric = new Set(['torch_dtype', 'dtype'])
/** What wrote the file. */
const silent = new Set(['transformers_version', '_name_or_path', '_commit_hash', 'id2label', 'label2id'])

export function compareModelConfig(pair: Pair, report: Report): void {
  const { before, after } = pair
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]]
    if (silent.has(name) || sameValue(was, is)) continue
    report({
      ...{ path: pointer('config', name), rule: ruleOf(name), bump: bumpOf(name, was, is), before: was, after: is },
      message: `${name} was ${shown(was)}, is ${shown(is)}`,
    })
  }
  compareLabels(pair, report)
}

const shown = (value: unknown): string => (value === undefined ? 'not given' : canonical(value).slice(0, 200))

const ruleOf = (name: string): string => {
  if (name === 'architectures' || name === 'model_type') return 'architecture-changed'
  if (capacities.has(name)) return 'capacity-changed'
  return structural.has(name) ? 'dimension-changed' : 'config-changed'
}

function bumpOf(name: string, before: unknown, after: unknown): Bump {
  if (capacities.has(name)) return typeof before === 'number' && typeof after === 'number' && after > before ? 'minor' : 'major'
  // A member that an older writer left out says what was so anyway.
  if (structural.has(name)) return before === undefined ? 'patch' : 'major'
  return numeric.has(name) ? 'minor' : 'patch'
}

/** What a classifier answers with. */
function compareLabels({ before, after }: Pair, report: Report): void {
  const [was, is] = [textMembers(membersOf(before['id2label'])), textMembers(membersOf(after['id2label']))]
  for (const [id, label] of was) {
    const now = is.get(id)
    if (now === label) continue
    const message = now === undefined ? `the label ${label} is gone` : `label ${id} was ${label}, is ${now}`
    report({ path: pointer('config', 'id2label', id), rule: 'label-changed', bump: 'major', message, before: label, after: now })
  }
  for (const [id, label] of is)
    if (!was.has(id) && was.size > 0)
      report({
        path: pointer('config', 'id2label', id),
        rule: 'label-added',
        bump: 'minor',
        message: `the label ${label} is new`,
        after: label,
      })
}

/** GGUF keeps the same facts under keys that begin with the name of the architecture. */
export function compareGgufKeys(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, report: Report): void {
  for (const [key, value] of before) {
    const now = after.get(key)
    if (now === value) continue
    const { rule, bump } = ggufRule(key, value, now)
    report({
      path: pointer('gguf', key),
      rule,
      bump,
      message: `${key} was ${value.slice(0, 200)}, is ${(now ?? 'not given').slice(0, 200)}`,
    })
  }
  for (const [key, value] of after)
    if (!before.has(key))
      report({ path: pointer('gguf', key), rule: 'config-changed', bump: 'patch', message: `${key} is ${value.slice(0, 200)}` })
}

function ggufRule(key: string, before: string, after: string | undefined): { readonly rule: string; readonly bump: Bump } {
  if (key === 'general.architecture') return { rule: 'architecture-changed', bump: 'major' }
  if (key === 'general.file_type' || key === 'general.quantization_version') return { rule: 'quantization-changed', bump: 'minor' }
  if (key === 'tokenizer.chat_template') return { rule: 'chat-template-changed', bump: 'minor' }
  if (key.startsWith('general.')) return { rule: 'config-changed', bump: 'patch' }
  if (key.startsWith('tokenizer.')) return { rule: 'tokenizer-changed', bump: 'major' }
  if (key.endsWith('.context_length')) return { rule: 'capacity-changed', bump: Number(after) > Number(before) ? 'minor' : 'major' }
  return { rule: 'dimension-changed', bump: 'major' }
}
