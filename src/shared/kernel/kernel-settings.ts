import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../types/one-of.ts'
import { isNetwork, isOutboundTarget } from './outbound-targets.ts'
import type { SettingProblem } from './settings.ts'

/** Settings of the kernel itself: `REGISTRY_<KEY>`, and the names operators already use for databases. */
export const KernelSettings = Type.Object({
  mode: oneOf(['development', 'production'], {
    default: 'development',
    description: 'With development on a loopback host anybody may register, unless auth registration says open or closed.',
  }),
  role: oneOf(['all', 'api', 'worker'], {
    default: 'all',
    description: 'What this process does: answer requests (api), run effects (worker), or both.',
  }),
  port: Type.Integer({ default: 8080, minimum: 0, maximum: 65535, env: ['REGISTRY_PORT', 'PORT'], description: '0 picks a free port.' }),
  host: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  publicUrl: Type.String({ default: '', description: 'Base of every link. Required when the host is not loopback.' }),
  dataDir: Type.String({ default: './.data', description: 'Blobs, keys and the embedded database.' }),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent'], { default: 'info', description: 'Least severe level written.' }),
  trustedProxies: Type.Array(Type.String(), {
    default: [],
    description: 'Addresses or CIDR ranges whose X-Forwarded-* headers are believed (JSON list).',
  }),
  tlsCert: Type.String({ default: '', description: 'PEM file; with tlsKey the server speaks HTTPS.' }),
  tlsKey: Type.String({ default: '', description: 'PEM file.' }),
  databaseUrl: Type.String({ default: '', env: 'DATABASE_URL', description: 'Postgres 15 or newer. Empty: the embedded Postgres.' }),
  databasePoolSize: Type.Integer({ default: 10, minimum: 2, maximum: 200, description: 'Connections of this process.' }),
  statementTimeoutMs: Type.Integer({ default: 30_000, minimum: 100, description: 'A database statement is cancelled after it (D-16).' }),
  lockTimeoutMs: Type.Integer({ default: 5_000, minimum: 100, description: 'Longest wait for a database lock (D-16).' }),
  redisUrl: Type.String({
    default: '',
    env: 'REDIS_URL',
    description: 'Redis 7 or newer for queue, cache, limits and invalidation. Empty: Postgres and memory.',
  }),
  cacheMaxBytes: Type.Integer({ default: 33_554_432, minimum: 0, description: 'Bytes of the in-process cache.' }),
  headersTimeoutMs: Type.Integer({
    default: 15_000,
    minimum: 1_000,
    description: 'A request whose headers are not complete by then is closed.',
  }),
  bodyIdleTimeoutMs: Type.Integer({ default: 60_000, minimum: 1_000, description: 'A connection with no byte for so long is closed.' }),
  keepAliveTimeoutMs: Type.Integer({ default: 72_000, minimum: 0, description: 'An idle connection is kept for so long.' }),
  jsonBodyLimit: Type.Integer({ default: 10_485_760, minimum: 1_024, description: 'Bytes of a JSON body (D-15).' }),
  rateLimitMax: Type.Integer({ default: 0, minimum: 0, description: 'Requests per client and minute over all routes; 0 is no limit.' }),
  drainTimeoutMs: Type.Integer({ default: 30_000, minimum: 0, description: 'Longest wait for work in flight at stop.' }),
  outboundAllow: Type.Array(Type.String(), {
    default: [],
    description:
      'Host names, addresses and CIDR ranges the registry may connect to although they are not public, for example of an intranet (JSON list).',
  }),
  otlpEndpoint: Type.String({
    default: '',
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description: 'OpenTelemetry collector; empty: no tracing.',
  }),
})
export type KernelSettings = Static<typeof KernelSettings>

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/
export const isLoopback = (host: string): boolean => loopback.test(host)

const hasScheme = (text: string, ...schemes: readonly string[]): boolean =>
  text === '' || schemes.some((scheme) => text.startsWith(`${scheme}://`))

/** Rules a type cannot state: what is expected, the variable, the path, and whether it holds. */
type Rule = readonly [expected: string, variable: string, path: string, holds: (settings: KernelSettings) => boolean]

const rules: readonly Rule[] = [
  [
    'Required when host is not loopback',
    'REGISTRY_PUBLIC_URL',
    '/publicUrl',
    ({ publicUrl, role, host }) => publicUrl !== '' || role === 'worker' || isLoopback(host),
  ],
  [
    'Expected an http or https URL',
    'REGISTRY_PUBLIC_URL',
    '/publicUrl',
    ({ publicUrl }) => publicUrl === '' || /^https?:$/.test(URL.parse(publicUrl)?.protocol ?? ''),
  ],
  ['Set both tlsCert and tlsKey, or neither', 'REGISTRY_TLS_KEY', '/tlsKey', ({ tlsCert, tlsKey }) => (tlsCert === '') === (tlsKey === '')],
  [
    'Expected addresses or CIDR ranges',
    'REGISTRY_TRUSTED_PROXIES',
    '/trustedProxies',
    ({ trustedProxies }) => trustedProxies.every(isNetwork),
  ],
  [
    'Expected host names, addresses or CIDR ranges',
    'REGISTRY_OUTBOUND_ALLOW',
    '/outboundAllow',
    ({ outboundAllow }) => outboundAllow.every(isOutboundTarget),
  ],
  ['Expected a postgres:// URL', 'DATABASE_URL', '/databaseUrl', ({ databaseUrl }) => hasScheme(databaseUrl, 'postgres', 'postgresql')],
  ['Expected a redis:// or rediss:// URL', 'REDIS_URL', '/redisUrl', ({ redisUrl }) => hasScheme(redisUrl, 'redis', 'rediss')],
  [
    'Expected an http or https URL',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '/otlpEndpoint',
    ({ otlpEndpoint }) => hasScheme(otlpEndpoint, 'http', 'https'),
  ],
]

/** The values are never in a message: a database URL holds a password. */
export function checkKernelSettings(settings: KernelSettings, problems: SettingProblem[]): void {
  for (const [expected, variable, path, holds] of rules) if (!holds(settings)) problems.push({ owner: 'kernel', path, expected, variable })
}
