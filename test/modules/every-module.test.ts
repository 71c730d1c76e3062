import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { DomainError } from '../../src/shared/errors/domain-error.ts'
import { Database } from '../../src/shared/kernel/database.ts'
import { discoverModules } from '../../src/shared/kernel/discover.ts'
import type { Kernel } from '../../src/shared/kernel/kernel.ts'
import { kernelModule } from '../../src/shared/kernel/kernel-module.ts'
import { startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'

const source = new URL('../../src/', import.meta.url)
const folder = new URL('modules/', source)
const modules = await discoverModules(folder)
const unbound = (() => undefined) as never

/** Everything a file exports that is an error class of ours. */
async function errorClasses(file: URL): Promise<(new (...args: never[]) => DomainError)[]> {
  const exported: Record<string, unknown> = await import(file.href)
  return Object.values(exported).filter(
    (value): value is new () => DomainError => typeof value === 'function' && value.prototype instanceof DomainError,
  )
}

/** Codes are fields of instances; constructors take facts that do not matter here. */
function codeOf(found: new (...args: never[]) => DomainError): string {
  const anything: unknown = new Proxy(() => anything, {
    get: (_target, key) => (key === Symbol.toPrimitive ? () => 'x' : key === Symbol.iterator ? () => [][Symbol.iterator]() : anything),
  })
  const { code } = Reflect.construct(found, [anything, anything, anything]) as DomainError
  return code
}

test('every folder is a module of its name, with a description', async () => {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  expect(modules.map(({ name }) => name)).toEqual(names.sort())
  for (const { name, description } of modules) expect(description, name).toMatch(/\S/)
})

test('the wire names of a module, of its events, effects and services, begin with its name', () => {
  for (const { name, events, effects, provides } of modules) {
    for (const event of events) expect(event.name).toMatch(new RegExp(`^${name}\\.[a-z]+(_[a-z]+)*$`))
    for (const effect of effects) expect(effect.name).toMatch(new RegExp(`^${name}\\.[a-z]+(-[a-z]+)*$`))
    for (const { id } of Object.values(provides)) expect(id).toMatch(new RegExp(`^(${name}|kernel)(\\.|$)`))
  }
})

test('an effect listens only to events that a module or the kernel declares', () => {
  const declared = new Set([kernelModule, ...modules].flatMap(({ events }) => events.map(({ name }) => name)))
  for (const { effects } of modules)
    for (const { name, trigger } of effects)
      if ('events' in trigger.source)
        for (const event of trigger.source.events) expect(declared.has(event.name), `${name} on ${event.name}`).toBe(true)
})

test('every error code is unique over the tree and begins with the name of its module', async () => {
  const files = (await readdir(source, { recursive: true })).filter((name) => /(^|\/)(http-)?errors\.ts$/.test(name))
  expect(files).toContain('modules/auth/errors.ts')
  const owners = new Map<string, string>()
  for (const file of files) {
    const owner = /^modules\/([^/]+)\//.exec(file)?.[1]
    for (const found of await errorClasses(new URL(file, source))) {
      const code = codeOf(found)
      expect(owners.get(code), `${found.name} of ${file} has the code ${code}, which is taken`).toBeUndefined()
      owners.set(code, `${found.name} of ${file}`)
      if (owner !== undefined) expect(code, found.name).toMatch(new RegExp(`^${owner}\\.[a-z0-9]+(_[a-z0-9]+)*$`))
    }
  }
  expect(owners.size).toBeGreaterThan(40)
})

test('every handler says in a summary what it does, and under which tags it is listed', () => {
  const untold: string[] = []
  for (const { name, handlers } of modules)
    for (const handler of handlers) {
      const { schema, method, url } = handler.bind(unbound)
      if (!schema?.summary || !schema.tags?.length) untold.push(`${name}: ${[method].flat().join()} ${url}`)
    }
  expect(untold).toEqual([])
})

/** Every column that an entity names, with its SQL type as the entity gives it. */
const describedColumns = (database: Database) =>
  [...database.em.getMetadata().getAll().values()].flatMap(({ tableName, props }) =>
    props
      .filter(({ persist }) => persist !== false)
      .flatMap(({ fieldNames, columnTypes, nullable = false }) =>
        fieldNames.map((column, index) => ({ tableName, column, type: columnTypes[index] ?? '', nullable })),
      ),
  )

test('on an empty database the migrations make what the entities describe', async () => {
  await using kernel = await startTestKernel()
  const database = kernel.resolve(Database)
  const described = describedColumns(database)
  expect(new Set(described.map(({ tableName }) => tableName)).size).toBe(modules.flatMap(({ entities }) => entities).length)
  expect(described.length).toBeGreaterThan(30)
  const differences = await database.sql`
    select d."tableName", d."column", format_type(to_regtype(d.type), null) as described, format_type(a.atttypid, null) as actual,
      d.nullable as "describedNullable", not a.attnotnull as "actualNullable"
    from jsonb_to_recordset(${JSON.stringify(described)}::jsonb) as d ("tableName" text, "column" text, type text, nullable boolean)
    left join pg_attribute a on a.attrelid = to_regclass(d."tableName") and a.attname = d."column" and not a.attisdropped
    where a.attname is null or a.atttypid is distinct from to_regtype(d.type)::oid or a.attnotnull = d.nullable`
  expect(differences).toEqual([])
})

interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly tags?: string[]
  readonly security?: unknown[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly responses?: Readonly<Record<string, { readonly content?: Record<string, unknown>; readonly description?: string }>>
}

async function readOpenapi(kernel: Kernel) {
  const document = (await kernel.http.inject('/openapi.json')).json()
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ where: `${method} ${path}`, path, operation })),
  )
  return { document, operations }
}

test('the OpenAPI document says of every route who may call it, what it does and how it fails', async () => {
  await using kernel = await startTestKernel()
  const { document, operations } = await readOpenapi(kernel)
  expect(document.openapi).toMatch(/^3\.1/)
  for (const { where, path, operation } of operations) {
    expect(operation.security, where).toBeInstanceOf(Array)
    expect(operation.summary, where).toMatch(/\S/)
    expect(operation.tags, where).not.toEqual([])
    expect(operation.responses?.['default']?.content, where).toHaveProperty(['application/problem+json'])
    for (const answer of Object.values(operation.responses ?? {})) expect(answer.description, where).toBeTypeOf('string')
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
    expect(declared.map(({ name }) => name).sort(), where).toEqual(inPath.sort())
    expect(
      declared.filter(({ required }) => !required),
      where,
    ).toEqual([])
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
})

test('the OpenAPI document holds every route of every module', async () => {
  await using kernel = await startTestKernel()
  const { operations } = await readOpenapi(kernel)
  const listed = new Set(operations.map(({ where }) => where))
  const routes = modules.flatMap(({ http, handlers }) =>
    handlers.flatMap(({ method, url }) =>
      [method].flat().map((one) => `${one.toLowerCase()} ${http.prefix ?? ''}${url}`.replace(/:(\w+)/g, '{$1}').replace('/*', '/{*}')),
    ),
  )
  expect(routes.length).toBeGreaterThan(30)
  expect(routes.filter((route) => !listed.has(route))).toEqual([])
})

test('every reference inside the OpenAPI document resolves', async () => {
  await using kernel = await startTestKernel()
  const document = (await kernel.http.inject('/openapi.json')).json()
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target ?? '')
  expect(references.length).toBeGreaterThan(0)
  for (const target of new Set(references)) {
    const found = target
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
    expect(found, target).toBeDefined()
  }
})
