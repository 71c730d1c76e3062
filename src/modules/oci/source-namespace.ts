import type { FastifyReply, FastifyRequest } from 'fastify'
import { parameter } from './call.ts'

const hostText = /^[A-Za-z0-9.:[\]_-]{1,255}$/

/** OCI distribution-spec, "Registry Proxying": says back which registry the client meant with `?ns=`. */
export function noteNamespace(request: FastifyRequest, reply: FastifyReply): void {
  const source = parameter(request, 'ns')
  if (source !== undefined && hostText.test(source)) reply.header('oci-namespace', source)
}
