import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../../shared/types/one-of.ts'

const Pattern = Type.String({ pattern: '^(?:@[a-z0-9._~*-]{1,100}/)?[A-Za-z0-9._*~-]{1,214}$' })

/** Another registry of npm, and which names it is asked for. */
export const NpmUpstream = Type.Object(
  {
    // Names, where `*` stands for any text without a slash: `*` is every unscoped name, `@acme/*` a scope.
    match: Type.Array(Pattern, { minItems: 1, maxItems: 1_000 }),
    url: Type.String({ pattern: '^https?://[^?#@\\s]+$' }),
    token: Type.Optional(Type.String({ minLength: 1 })),
    username: Type.Optional(Type.String({ minLength: 1 })),
    password: Type.Optional(Type.String()),
    /** A document is asked for again after it; 0 is every time. */
    cacheSeconds: Type.Number({ default: 300, minimum: 0 }),
    /** Versions younger than this are not shown. */
    minReleaseAgeHours: Type.Number({ default: 0, minimum: 0 }),
    /** Names as in `match`, with `@range` behind for some versions only: never shown. */
    block: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { default: [], maxItems: 10_000 }),
    /** Who may read what comes from there. Absent: everybody, or the authenticated where credentials are configured. */
    access: Type.Optional(oneOf(['anyone', 'authenticated'])),
  },
  { additionalProperties: false },
)
export type NpmUpstream = Static<typeof NpmUpstream>

export const upstreamSettings = {
  upstreams: Type.Array(NpmUpstream, {
    default: [],
    description:
      'Registries that are asked for packages which are not here: match, url, and maybe token or username and password, cacheSeconds (300), minReleaseAgeHours (0), block, access (docs/npm.md). The first whose match fits is asked.',
  }),
  upstreamMaxReading: Type.Integer({
    default: 500,
    minimum: 1,
    description: 'Documents of other registries that are fetched or wait to be read at once; one more is answered 503 with Retry-After.',
  }),
  upstreamCacheBytes: Type.Integer({
    default: 10_737_418_240,
    minimum: 0,
    description:
      'Bytes of documents and tarballs of other registries that are kept in the data directory; those that were used last stay. It may be exceeded for a while.',
  }),
}
