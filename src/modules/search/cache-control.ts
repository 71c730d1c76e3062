import type { FastifyReply } from 'fastify'
import type { Principal } from '../../shared/kernel/principal.ts'

const maxAgeSeconds = 60

/**
 * Answers for nobody in particular may be kept by whoever stands between, for so long: what becomes private has to be gone soon. Answers for
 * somebody are theirs alone, and a kept one must not reach them.
 */
export function setCacheControl(reply: FastifyReply, { userId }: Principal): void {
  reply
    .header('cache-control', userId === undefined ? `public, max-age=${maxAgeSeconds}` : 'private, no-store')
    .header('vary', 'authorization')
}
