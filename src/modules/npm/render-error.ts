import type { FastifyReply } from 'fastify'
import type { Problem } from '../../shared/errors/problem.ts'

/** Clients of npm print `error`, and `message` where they exchange tokens; the rest is for people who look closer. */
export function renderError({ message, code, details, suggestions }: Problem, reply: FastifyReply): FastifyReply {
  const body = {
    error: [message, ...suggestions].join('; '),
    ...{ message, code },
    ...(Object.keys(details).length > 0 && { details }),
  }
  return reply.type('application/json').send(JSON.stringify(body))
}
