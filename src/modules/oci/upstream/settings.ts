import { type Static, Type } from '@sinclair/typebox'

/** One namespace that is a cache of another registry. */
export const Upstream = Type.Object(
  {
    namespace: Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?$' }),
    /** Of the registry, without a path. */
    url: Type.String({ pattern: '^https?://[^/?#@\\s]+/?$' }),
    username: Type.Optional(Type.String({ minLength: 1 })),
    password: Type.Optional(Type.String()),
    /** What comes before each name there, for example `library`. */
    prefix: Type.String({ default: '', pattern: '^(?:[a-z0-9._-]+(?:/[a-z0-9._-]+)*)?$' }),
    /** A tag is asked for again after it; 0 is every time. */
    tagTtlSeconds: Type.Number({ default: 60, minimum: 0 }),
    /** Names of repositories, where `*` stands for any text; absent is every name. */
    allow: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9._/*-]{1,255}$' }), { maxItems: 1_000 })),
  },
  { additionalProperties: false },
)
export type Upstream = Static<typeof Upstream>

export const upstreamSettings = {
  upstreams: Type.Array(Upstream, {
    default: [],
    description:
      'Namespaces that are caches of other registries: namespace, url, and maybe username, password, prefix, tagTtlSeconds (60), allow (docs/oci.md).',
  }),
}
