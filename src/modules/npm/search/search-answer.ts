import { type Static, Type } from '@sinclair/typebox'
import type { SearchHit } from '../../search/contract.ts'
import { packageText } from '../package-name.ts'

const User = Type.Object({ username: Type.String() })

export const SearchAnswer = Type.Object({
  objects: Type.Array(
    Type.Object({
      package: Type.Object({
        name: Type.String(),
        scope: Type.String(),
        version: Type.String(),
        description: Type.Optional(Type.String()),
        keywords: Type.Array(Type.String()),
        date: Type.Optional(Type.String()),
        license: Type.Optional(Type.String()),
        links: Type.Object({
          npm: Type.String(),
          homepage: Type.Optional(Type.String()),
          repository: Type.Optional(Type.String()),
        }),
        publisher: Type.Optional(User),
        maintainers: Type.Array(User),
      }),
      score: Type.Object({
        final: Type.Number(),
        detail: Type.Object({ quality: Type.Number(), popularity: Type.Number(), maintenance: Type.Number() }),
      }),
      searchScore: Type.Number(),
    }),
  ),
  total: Type.Integer(),
  time: Type.String(),
})
export type SearchAnswer = Static<typeof SearchAnswer>

/** Mail addresses are private here, so people are names alone. `registry` is the base of package URLs, without a slash at its end. */
export function searchObject(hit: SearchHit, registry: string): SearchAnswer['objects'][number] {
  const { description, homepage, license, publishedAt, publisher, repository, score } = hit
  const name = packageText(hit)
  return {
    package: {
      name,
      scope: hit.namespace === 'library' ? 'unscoped' : hit.namespace,
      version: hit.version ?? '',
      keywords: [...hit.keywords],
      links: { npm: `${registry}/${name}`, ...(homepage !== null && { homepage }), ...(repository !== null && { repository }) },
      maintainers: hit.maintainers.map((username) => ({ username })),
      ...(description !== null && { description }),
      ...(publishedAt !== null && { date: publishedAt }),
      ...(license !== null && { license }),
      ...(publisher !== null && { publisher: { username: publisher } }),
    },
    score: { final: score.final, detail: { quality: score.text, popularity: score.popularity, maintenance: score.freshness } },
    searchScore: score.final,
  }
}
