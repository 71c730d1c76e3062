import { expect, test } from 'vitest'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { embeddingServerUrl } from '../../support/embedding-server.ts'
import { fillCorpus } from './fill-corpus.ts'
import { openSearch } from './open-search.ts'
import { described, paraphraseScores } from './paraphrase-scores.ts'

const url = `${embeddingServerUrl}/v1`
const model = 'all-MiniLM-L6-v2'

test('a real model beats words by far on 73 paraphrases, and is not called experimental', async () => {
  await using registry = await openSearch({
    settings: { search: { embeddingUrl: url, embeddingModel: model, embeddingDimensions: 384 } },
    kernel: { outboundAllow: ['127.0.0.1'] },
  })
  await fillCorpus(registry)
  const scores = await paraphraseScores(registry)
  process.stdout.write(described(scores, model))
  expect(scores.hybrid).toBeGreaterThan(scores.keywords + 0.3)
  expect(scores.hybrid).toBeGreaterThan(scores.anyWord + 0.1)
  const { semantic } = await registry.find(anonymous, 'fix typos', { semantic: true })
  expect(semantic).toEqual({ model: `${model}@384`, experimental: false, available: true })
}, 120_000)
