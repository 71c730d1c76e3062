import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { type Embedder, normalize } from './embedder.ts'
import { stemOf } from './word-stem.ts'

const dimensions = 512
const minSimilarity = 0.12
const maxWords = 600
const gramLength = 4
/** Of what a word weighs, shared by all its parts. */
const gramWeight = 1.2
const pairWeight = 0.1

/** Words that say nothing of what a text is about, in descriptions of software too. */
const idle: ReadonlySet<string> = new Set(
  `a about all also an and any are as at be been but by can do does each easily every fast for from get had has have how i if in into is it its just let
  lets like made make makes me more most my no not of on one or other our out over own simple simply so some such than that the their them then there these
  they this those to too up us use used user using very via want was way we what when where which while who will with without would you your
  library module package tool tools utility node nodejs javascript js npm`.split(/\s+/),
)

/**
 * Feature hashing: each word, its stem, its parts of four letters and each pair of neighbours is hashed to a place and a sign; often repeated ones count
 * by their root. No model, no file, no network; the same text is the same vector for ever, as long as the id stays.
 */
export const hashingEmbedder: Embedder = {
  ...{ id: `hashing-1@${dimensions}`, dimensions, experimental: true, minSimilarity },
  async embed(texts) {
    const vectors: Float32Array[] = []
    const turn = new LoopTurn()
    for (const text of texts) {
      vectors.push(vectorOf(text))
      if (turn.isOver) await turn.next()
    }
    return vectors
  },
}

function vectorOf(text: string): Float32Array {
  const weights = new Map<string, number>()
  const add = (feature: string, weight: number) => weights.set(feature, (weights.get(feature) ?? 0) + weight)
  const stems = wordsOf(text).map(stemOf)
  for (const [at, stem] of stems.entries()) {
    add(`w ${stem}`, 1)
    const next = stems[at + 1]
    if (next !== undefined) add(`p ${stem} ${next}`, pairWeight)
    const grams = gramsOf(stem)
    for (const gram of grams) add(`g ${gram}`, gramWeight / grams.length)
  }
  const vector = new Float32Array(dimensions)
  for (const [feature, weight] of weights) {
    const hash = hashOf(feature)
    const place = hash % dimensions
    vector[place] = (vector[place] ?? 0) + (hash & 0x80_00_00_00 ? -1 : 1) * Math.sqrt(weight)
  }
  return normalize(vector)
}

const wordsOf = (text: string): readonly string[] =>
  (
    text
      .slice(0, maxWords * 20)
      .normalize('NFKD')
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
    .filter((word) => word.length > 1 && !idle.has(word))
    .slice(0, maxWords)

function gramsOf(stem: string): readonly string[] {
  const padded = `^${stem}$`
  if (padded.length <= gramLength) return []
  return Array.from({ length: padded.length - gramLength + 1 }, (_, at) => padded.slice(at, at + gramLength))
}

/** FNV-1a with a last stir, unsigned. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
