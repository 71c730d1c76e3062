import type { Sight } from '../../auth/contract.ts'
import type { SearchQuery } from '../contract.ts'
import { eligible } from '../postgres/eligible.ts'
import type { CandidateSource, Candidates } from '../search-driver.ts'
import type { SignatureIndex } from './signature-index.ts'

/** For `typeSignature`: only what has such a type. */
export class SignatureSource implements CandidateSource {
  readonly #index: SignatureIndex

  constructor(index: SignatureIndex) {
    this.#index = index
  }

  async candidates(sight: Sight, query: SearchQuery): Promise<Candidates | undefined> {
    if (query.typeSignature === undefined) return undefined
    const { artifactIds, truncated } = await this.#index.find(query.typeSignature, eligible(sight, query))
    // Words rank what they find; where there are none, all that fits counts alike.
    const score = query.query.trim() === '' ? 1 : 0
    return { scores: new Map(artifactIds.map((id) => [id, score])), mode: 'only', notes: { typeSignature: { truncated } } }
  }
}
