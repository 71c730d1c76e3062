import type { Located } from '../../metadata/contract.ts'

/** Whether anybody may read it, so that caches between may keep it. */
const isPublic = ({ resource: { artifact, namespaceVisibility } }: Located): boolean =>
  (artifact === undefined || artifact.visibility === 'inherit' ? namespaceVisibility : artifact.visibility) === 'public'

/** To be kept, and asked for again with its validators every time: clients see a new version at once. */
export const revalidated = (located: Located): string => (isPublic(located) ? 'public, no-cache' : 'private, no-cache')

/** The bytes of a version never change. */
export const immutable = (located: Located): string => `${isPublic(located) ? 'public' : 'private'}, max-age=31536000, immutable`
