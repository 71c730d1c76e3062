import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bootSettings } from '../../src/shared/kernel/boot-settings.ts'
import { KernelSettings } from '../../src/shared/kernel/kernel-settings.ts'
import { defineModule, type ModuleUse } from '../../src/shared/kernel/module.ts'
import { type Environment, InvalidSettings, readSettings, type SettingProblem, variablesOf } from '../../src/shared/kernel/settings.ts'
import { oneOf } from '../../src/shared/types/one-of.ts'

const Settings = Type.Object({
  language: Type.String({ default: 'en' }),
  pageSize: Type.Integer({ default: 20, minimum: 1, maximum: 100 }),
  enabled: Type.Boolean({ default: true }),
  hosts: Type.Array(Type.String(), { default: [] }),
  limits: Type.Object({ perHour: Type.Integer() }, { default: { perHour: 5 } }),
  mode: oneOf(['fast', 'safe'], { default: 'safe' }),
  maximum: Type.Union([Type.Integer(), Type.Null()], { default: null }),
  bucket: Type.String({ default: '', env: ['S3_BUCKET', 'BUCKET'] }),
})

const moduleOf = (name: string) =>
  defineModule({ name, description: 'Searches', config: Settings, deps: {}, provides: {}, setup: () => ({}) })
const search = moduleOf('full-text')

function read(given: unknown, env: Environment = {}) {
  const problems: SettingProblem[] = []
  const value = readSettings(Settings, { owner: 'module full-text', prefix: 'REGISTRY_FULL_TEXT', given, env }, problems)
  return { value, problems: problems.map(({ path, expected, variable }) => `${path}: ${expected} (${variable})`) }
}

const boot = (env: Environment, uses: readonly ModuleUse[] = [], kernel: object = {}) => bootSettings({ env, kernel }, uses)

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof InvalidSettings) return error.message
    throw error
  }
  return ''
}

test('the environment wins over the configuration, which wins over the default', () => {
  const given = { language: 'de', pageSize: 30 }
  const { value } = read(given, { REGISTRY_FULL_TEXT_LANGUAGE: 'fr' })
  expect(value).toMatchObject({ language: 'fr', pageSize: 30, enabled: true, mode: 'safe' })
  expect(given).toEqual({ language: 'de', pageSize: 30 })
})

test('numbers, booleans, lists and objects are JSON in the environment, texts are themselves', () => {
  const { value, problems } = read(undefined, {
    REGISTRY_FULL_TEXT_PAGE_SIZE: '42',
    REGISTRY_FULL_TEXT_ENABLED: 'false',
    REGISTRY_FULL_TEXT_HOSTS: '["a","b"]',
    REGISTRY_FULL_TEXT_LIMITS: '{"perHour":9}',
    REGISTRY_FULL_TEXT_MODE: 'fast',
    REGISTRY_FULL_TEXT_MAXIMUM: '7',
    REGISTRY_FULL_TEXT_LANGUAGE: '123',
  })
  expect(problems).toEqual([])
  expect(value).toMatchObject({
    pageSize: 42,
    enabled: false,
    hosts: ['a', 'b'],
    limits: { perHour: 9 },
    mode: 'fast',
    maximum: 7,
    language: '123',
  })
})

test('an empty variable is one that is not set', () => {
  expect(read({ language: 'de' }, { REGISTRY_FULL_TEXT_LANGUAGE: '', REGISTRY_FULL_TEXT_PAGE_SIZE: '' })).toMatchObject({
    value: { language: 'de', pageSize: 20 },
    problems: [],
  })
})

test('a schema may name its own variables, of which the first that is set wins', () => {
  expect(variablesOf('REGISTRY_FULL_TEXT', 'bucket', Settings.properties.bucket)).toEqual(['S3_BUCKET', 'BUCKET'])
  expect(read({}, { BUCKET: 'b' }).value.bucket).toBe('b')
  expect(read({}, { BUCKET: 'b', S3_BUCKET: 'a', REGISTRY_FULL_TEXT_BUCKET: 'c' }).value.bucket).toBe('a')
  expect(boot({ PORT: '9000' }).kernel.port).toBe(9000)
  expect(boot({ PORT: '9000', REGISTRY_PORT: '9001' }).kernel.port).toBe(9001)
})

test('a wrong type, a value out of range, a wrong choice and an unknown key are told with path, expectation and variable', () => {
  const given = { hosts: ['a', 7], langauge: 'de', limits: { perHour: 'x' }, toString: 1 }
  const env = { REGISTRY_FULL_TEXT_PAGE_SIZE: '101', REGISTRY_FULL_TEXT_ENABLED: 'yes', REGISTRY_FULL_TEXT_MODE: 'slow' }
  expect(read(given, env).problems.sort()).toEqual([
    '/enabled: Expected boolean (REGISTRY_FULL_TEXT_ENABLED)',
    '/hosts/1: Expected string (REGISTRY_FULL_TEXT_HOSTS)',
    '/langauge: Unexpected property (no such setting)',
    '/limits/perHour: Expected integer (REGISTRY_FULL_TEXT_LIMITS)',
    '/mode: Expected one of fast, safe (REGISTRY_FULL_TEXT_MODE)',
    '/pageSize: Expected integer to be less or equal to 100 (REGISTRY_FULL_TEXT_PAGE_SIZE)',
    '/toString: Unexpected property (no such setting)',
  ])
})

test('settings that are no object are refused, and a frozen configuration is not written to', () => {
  for (const given of [5, 'text', ['a'], true]) expect(read(given).problems, JSON.stringify(given)).not.toEqual([])
  const given = Object.freeze({ limits: Object.freeze({ perHour: 1 }), hosts: Object.freeze([]) })
  expect(read(given).value).toMatchObject({ limits: { perHour: 1 } })
})

test('what is wrong in the kernel and in several modules is reported at once', () => {
  const uses = [
    { module: search, settings: { pageSize: 0 } },
    { module: moduleOf('other'), settings: { language: 5 } },
  ]
  const message = messageOf(() => boot({ REGISTRY_PORT: '70000' }, uses))
  expect(message.split('\n').sort()).toEqual([
    '  kernel /port: Expected integer to be less or equal to 65535 (REGISTRY_PORT)',
    '  module full-text /pageSize: Expected integer to be greater or equal to 1 (REGISTRY_FULL_TEXT_PAGE_SIZE)',
    '  module other /language: Expected string (REGISTRY_OTHER_LANGUAGE)',
    'settings are invalid',
  ])
})

test('no value is ever repeated in the message, secret or not', () => {
  const config = Type.Object({
    adminPassword: Type.String({ default: '', maxLength: 5 }),
    tokenSecret: Type.Array(Type.String({ pattern: '^a$' }), { default: [] }),
    keyOptions: Type.Integer({ default: 1 }),
  })
  const module = defineModule({ name: 'safe', description: '', config, deps: {}, provides: {}, setup: () => ({}) })
  const env = { REGISTRY_SAFE_TOKEN_SECRET: '["hunter2"]', REGISTRY_SAFE_KEY_OPTIONS: '{"x": hunter2' }
  const message = messageOf(() => boot(env, [{ module, settings: { adminPassword: 'hunter2' } }]))
  expect(message.split('\n')).toHaveLength(4)
  expect(message).not.toContain('hunter2')
})

test('publicUrl is required when the host is not loopback, except for a worker (D-25)', () => {
  const expected = /kernel \/publicUrl: Required when host is not loopback \(REGISTRY_PUBLIC_URL\)/
  expect(messageOf(() => boot({ REGISTRY_HOST: '0.0.0.0' }))).toMatch(expected)
  expect(boot({ REGISTRY_HOST: '0.0.0.0', REGISTRY_ROLE: 'worker' }).kernel.host).toBe('0.0.0.0')
  expect(boot({ REGISTRY_HOST: '0.0.0.0', REGISTRY_PUBLIC_URL: 'https://gati.test/x' }).kernel.publicUrl).toBe('https://gati.test/x')
  for (const host of ['127.0.0.1', 'localhost', '::1', '127.1.2.3']) expect(boot({ REGISTRY_HOST: host }).kernel.host).toBe(host)
  for (const url of ['gati.test', 'ftp://gati.test', 'https://', 'http//x'])
    expect(
      messageOf(() => boot({ REGISTRY_PUBLIC_URL: url })),
      url,
    ).toMatch(/\/publicUrl: Expected an http or https URL/)
})

test('TLS needs both files', () => {
  expect(messageOf(() => boot({ REGISTRY_TLS_CERT: 'cert.pem' }))).toMatch(/\/tlsKey: Set both tlsCert and tlsKey, or neither/)
})

test('whatever the configuration and the environment hold, nothing is thrown but InvalidSettings', () => {
  const variables = [...Object.keys(KernelSettings.properties), ...Object.keys(Settings.properties)].flatMap((key) => [
    ...variablesOf('REGISTRY', key, KernelSettings.properties[key as never] ?? {}),
    ...variablesOf('REGISTRY_FULL_TEXT', key, Settings.properties[key as never] ?? {}),
  ])
  const env = fc.dictionary(fc.constantFrom(...variables), fc.oneof(fc.string(), fc.json(), fc.constantFrom('__proto__', '1e999', '-0')))
  const given = fc.oneof(
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...Object.keys(Settings.properties))), fc.anything()),
    fc.anything(),
  )
  fc.assert(
    fc.property(env, given, (someEnv, settings) => {
      messageOf(() => boot(someEnv, [{ module: search, settings }], {}))
    }),
    { numRuns: 500 },
  )
})

test('values that fit their type and still cannot work stop the boot, and secrets are not repeated', () => {
  const env = {
    REGISTRY_TRUSTED_PROXIES: '["10.0.0.0/8", "10.0.0.0/99", "foo"]',
    DATABASE_URL: 'mysql://user:hunter2@db/registry',
    REDIS_URL: 'http://cache',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  }
  const boot = () => bootSettings({ env }, [])
  for (const variable of Object.keys(env)) expect(boot).toThrow(new RegExp(`\\(${variable}\\)`))
  expect(boot).not.toThrow(/hunter2/)
  const fine = {
    REGISTRY_TRUSTED_PROXIES: '["10.0.0.0/8", "::1", "192.168.1.1"]',
    DATABASE_URL: 'postgresql://u@h/d',
    REDIS_URL: 'rediss://:p@h',
  }
  expect(bootSettings({ env: fine }, []).kernel.trustedProxies).toHaveLength(3)
})

test('a REGISTRY_* variable that no setting knows is found, with the one that was probably meant', () => {
  const env = {
    REGISTRY_PROT: '80',
    REGISTRY_FULLTEXT_PAGE_SIZE: '20',
    REGISTRY_LOG_LEVEL: 'info',
    REGISTRY_FULL_TEXT_LANGUAGE: 'fr',
    REGISTRY_EMPTY: '',
    OTHER_PORT: '1',
    S3_BUCKET: 'b',
  }
  expect(boot(env, [{ module: search, settings: {} }]).unknown).toEqual([
    { variable: 'REGISTRY_PROT', closest: 'REGISTRY_PORT' },
    { variable: 'REGISTRY_FULLTEXT_PAGE_SIZE', closest: 'REGISTRY_FULL_TEXT_PAGE_SIZE' },
  ])
  const long = `REGISTRY_${'X'.repeat(100_000)}`
  expect(boot({ [long]: '1' }).unknown).toMatchObject([{ variable: long }])
})
