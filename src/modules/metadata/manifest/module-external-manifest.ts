import { type Static, Type } from '@sinclair/typebox'
import { capabilities, commonMembers, findCommonProblems } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import type { ManifestProblem } from './manifest-problem.ts'

const protocols = ['http', 'https', 'grpc', 'grpcs', 'ws', 'wss', 'tcp', 'tls', 'amqp', 'amqps', 'mqtt', 'mqtts', 'nats', 'kafka'] as const
const schemes = ['none', 'bearer', 'basic', 'api-key', 'oauth2', 'mtls'] as const

const config = Type.Object({
  type: Type.Optional(Type.Literal('external')),
  url: Type.Optional(text('https-url')),
  protocol: Type.Optional(Type.Union(protocols.map((protocol) => Type.Literal(protocol)))),
  endpoint: Type.Optional(text('endpoint')),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
  authentication: Type.Optional(Type.Union(schemes.map((scheme) => Type.Literal(scheme)))),
  capabilities: Type.Optional(capabilities),
})

/** The service is reached by an https URL, or by a protocol and its endpoint. */
function findAddressProblems({ config: { url, protocol, endpoint } }: { config: Static<typeof config> }): ManifestProblem[] {
  if (url !== undefined || (protocol !== undefined && endpoint !== undefined)) return []
  if (protocol === undefined && endpoint === undefined)
    return [{ path: '/config', message: 'does not say where the service is', expected: 'url, or protocol and endpoint' }]
  const missing = protocol === undefined ? 'protocol' : 'endpoint'
  return [{ path: `/config/${missing}`, message: 'is missing', expected: 'url, or protocol and endpoint' }]
}

export const moduleExternal = defineManifest(
  Type.Object({ ...commonMembers('module-external'), config }),
  findCommonProblems,
  findAddressProblems,
)
