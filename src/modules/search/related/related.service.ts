import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Authorizer } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog } from '../../metadata/contract.ts'
import { hitsOf } from '../hits.queries.ts'
import type { VectorIndex } from '../semantic/vector-index.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'
import { kinshipOf } from './kinship.ts'
import { ownWords, sharingWords } from './related.queries.ts'
import type { Related, RelatedPage } from './related.ts'

const maxNear = 100

export interface RelatedServiceDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly vectors: VectorIndex
}

export class RelatedService implements Related {
  readonly #deps: RelatedServiceDeps

  constructor(deps: RelatedServiceDeps) {
    this.#deps = deps
  }

  async to(principal: Principal, ref: ArtifactRef, limit: number): Promise<RelatedPage> {
    const { database, authorizer, catalog, vectors } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const sight = await authorizer.sight(principal)
    const where = sql`d.artifact_id <> ${artifact.id} and ${visibleArtifacts(sight)}`
    const [own, vector] = await Promise.all([ownWords(database, artifact.id), vectors.vectorOf(artifact.id)])
    const near = vector ? await vectors.nearest(vector, { where, limit: maxNear }) : []
    const meanings = new Map(near.map(({ artifactId, similarity }) => [artifactId, similarity]))
    const others = await sharingWords(database, own, { where, nearIds: [...meanings.keys()] })
    const kin = others
      .map((other) => ({ id: other.artifactId, kinship: kinshipOf(own, other, meanings.get(other.artifactId) ?? 0) }))
      .toSorted((one, other) => other.kinship.score - one.kinship.score || (one.id < other.id ? -1 : 1))
      .slice(0, limit)
    const facts = new Map(
      (
        await hitsOf(
          database,
          sight,
          kin.map(({ id }) => id),
        )
      ).map((fact) => [fact.artifactId, fact]),
    )
    const items = kin.flatMap(({ id, kinship }) => {
      const found = facts.get(id)
      return found ? [{ facts: found, kinship }] : []
    })
    const { id: model, experimental } = vectors.model
    return { items, semantic: { model, experimental } }
  }
}
