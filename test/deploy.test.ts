import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Stage {
  readonly name: string
  readonly base: string
  readonly steps: string[]
}

/** The stages of a Dockerfile with their instructions, continuation lines joined. */
function stagesOf(dockerfile: string): Map<string, Stage> {
  const stages = new Map<string, Stage>()
  let current: Stage | undefined
  for (const line of dockerfile.replace(/\\\n\s*/g, '').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const from = /^FROM (\S+) AS (\S+)$/.exec(line)
    if (from?.[1] && from[2]) {
      current = { name: from[2], base: from[1], steps: [] }
      stages.set(current.name, current)
    } else current?.steps.push(line)
  }
  return stages
}

function stage(name: string): Stage {
  const found = stagesOf(read('Dockerfile')).get(name)
  if (!found) throw new Error(`the Dockerfile has no stage ${name}`)
  return found
}

interface Service {
  readonly profiles?: string[]
  readonly configs?: { source: string; target: string }[]
  readonly image?: string
  readonly build?: { target: string }
  readonly healthcheck: { test: string[]; interval: string; timeout: string; retries: number; start_period: string }
  readonly depends_on?: Record<string, { condition: string }>
  readonly environment: Record<string, string>
  readonly read_only: boolean
  readonly cap_drop: string[]
  readonly security_opt: string[]
  readonly tmpfs: string[]
  readonly networks: string[]
  readonly ports?: string[]
  readonly volumes: string[]
  readonly logging: { driver: string; options: Record<string, string> }
  readonly deploy: { resources: { limits: Record<string, string | number> } }
}
interface Compose {
  readonly services: Record<string, Service>
  readonly networks: Record<string, { internal?: boolean }>
  readonly volumes: Record<string, unknown>
  readonly configs: Record<string, { file: string }>
}
const compose: Compose = parse(read('docker-compose.yml'), { merge: true })
const services = Object.entries(compose.services)

test('the Dockerfile has the stages dependencies, build, development and production on Node 24', () => {
  const stages = stagesOf(read('Dockerfile'))
  expect([...stages.keys()]).toEqual(expect.arrayContaining(['dependencies', 'build', 'development', 'production']))
  expect([...stages.values()].map(({ base }) => base).filter((base) => !stages.has(base))).toEqual(['node:24-bookworm-slim'])
})

test('dependencies are installed before any source is copied, so a change of the source reuses their layer', () => {
  expect(stage('dependencies').steps).toEqual([
    'COPY package.json package-lock.json ./',
    'RUN --mount=type=cache,target=/root/.npm npm ci --loglevel=error',
  ])
})

test('the production image holds production dependencies and the compiled registry, nothing else', () => {
  const copies = stage('production').steps.filter((step) => step.startsWith('COPY'))
  expect(copies).toEqual([
    'COPY --from=runtime-dependencies /app/node_modules node_modules',
    'COPY --from=build /app/dist dist',
    'COPY package.json ./',
  ])
  expect(stage('runtime-dependencies').steps.join('\n')).toContain('npm ci --omit=dev')
})

test.each(['development', 'production'])('the %s stage runs as a numeric user that is not root, with its data in a volume', (name) => {
  const { steps } = stage(name)
  expect(steps).toContain('USER 1000:1000')
  expect(steps).toContain('VOLUME /data')
  expect(steps.findLastIndex((step) => step.startsWith('RUN'))).toBeLessThan(steps.indexOf('USER 1000:1000'))
})

test('the image checks its health every 10 s with a 5 s limit, 3 retries and 10 s to start', () => {
  const check = stage('production').steps.find((step) => step.startsWith('HEALTHCHECK'))
  expect(check).toMatch(/^HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=10s CMD \["node", "-e", ".*\/health.*"\]$/)
  expect(stage('production').steps.at(-1)).toBe('CMD ["node", "--max-semi-space-size=8", "dist/src/app.js"]')
})

test('secrets, git data and build output stay out of the build context', () => {
  expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.git', '.env', '.data', 'node_modules', 'dist']))
})

test('compose starts api, worker, postgres, redis, minio and elasticsearch, and with the profile observability those that watch', () => {
  const named = (profiles: readonly string[]) =>
    services.filter(([, service]) => `${service.profiles ?? []}` === `${profiles}`).map(([name]) => name)
  expect(named(['observability'])).toEqual(['prometheus', 'grafana'])
  expect(named([])).toEqual(['api', 'worker', 'postgres', 'redis', 'minio', 'elasticsearch'])
  expect(compose.services['api']?.build?.target).toBe('production')
  expect(compose.services['api']?.environment['REGISTRY_ROLE']).toBe('api')
  expect(compose.services['worker']?.environment['REGISTRY_ROLE']).toBe('worker')
})

test.each(services)('%s is checked every 10 s, answers within 5 s and may fail 3 times', (name, { healthcheck }) => {
  expect(healthcheck).toMatchObject({ interval: '10s', timeout: '5s', retries: 3, start_period: name === 'elasticsearch' ? '60s' : '10s' })
  expect(healthcheck.test.length).toBeGreaterThan(1)
})

test('the registry starts only after everything it stands on is healthy', () => {
  const healthy = { condition: 'service_healthy' }
  expect(compose.services['api']?.depends_on).toEqual({ postgres: healthy, redis: healthy, minio: healthy, elasticsearch: healthy })
  expect(compose.services['worker']?.depends_on).toEqual({ api: healthy })
})

test.each(services)('%s runs confined: read-only root, no capabilities, limits, rotated logs', (_name, service) => {
  expect(service).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  })
  expect(service.tmpfs).toContain('/tmp')
  expect(Object.keys(service.deploy.resources.limits)).toEqual(['cpus', 'memory', 'pids'])
  for (const network of service.networks) expect(compose.networks).toHaveProperty(network)
  for (const { source } of service.configs ?? []) expect(read(compose.configs[source]?.file ?? '').length).toBeGreaterThan(0)
  for (const volume of service.volumes) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '')
})

test('only the api and the dashboards are published, on loopback unless told otherwise, and the stores have no way out', () => {
  expect(services.filter(([, service]) => service.ports).map(([name]) => name)).toEqual(['api', 'grafana'])
  expect(compose.services['grafana']?.ports).toEqual([`$\{GRAFANA_PUBLISH:-127.0.0.1:3000}:3000`])
  expect(compose.services['api']?.ports).toEqual([`$\{REGISTRY_PUBLISH:-127.0.0.1:8080}:8080`])
  expect(compose.networks['backend']).toEqual({ internal: true })
  for (const name of ['postgres', 'redis', 'minio', 'elasticsearch', 'prometheus'])
    expect(compose.services[name]?.networks).toEqual(['backend'])
})

test('no secret has a default: an unset password stops compose, and .env.example names each one', () => {
  const variables = [...read('docker-compose.yml').matchAll(/\$\{(\w*(?:PASSWORD|SECRET|TOKEN)\w*)([^}]*)\}/g)]
  expect(variables.length).toBeGreaterThan(4)
  for (const [, name = '', rest = ''] of variables) {
    expect(rest, name).toMatch(/^:\?/)
    expect(read('.env.example')).toMatch(new RegExp(`^${name}=$`, 'm'))
  }
})

test('every variable of compose is explained in .env.example', () => {
  for (const [, name] of read('docker-compose.yml').matchAll(/\$\{(\w+)[:?-]/g)) {
    if (name !== 'process') expect(read('.env.example')).toMatch(new RegExp(`^${name}=`, 'm'))
  }
})
