import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Collection } from '../src/modules/artifacts/contract.ts'
import { startTestKernel, type TestKernel } from '../src/shared/testing/start-test-kernel.ts'
import { type Exposition, readExposition } from './support/exposition.ts'
import { type Expression, readExpression } from './support/promql.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const password = 'correct horse battery'

let kernel: TestKernel
let base: string
let exposed: Exposition
const statements: string[] = []
// Of the copy that the database of the kernel is made with.
const pg: typeof import('pg') = createRequire(join(root, 'node_modules/@mikro-orm/postgresql/package.json'))('pg')
const client = pg.Client.prototype as { query(...asked: unknown[]): unknown }
const { query } = client

beforeAll(async () => {
  const auth = { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }
  client.query = function (...asked) {
    const [statement] = asked
    statements.push(typeof statement === 'string' ? statement : (statement as { readonly text: string }).text)
    return query.apply(this, asked)
  }
  // Nobody is there, which is enough for its metrics.
  const search = { elasticsearchUrl: 'http://127.0.0.1:1' }
  kernel = await startTestKernel({ settings: { auth, search } })
  base = await kernel.listen()
  await traffic()
  await kernel.drainEffects()
  exposed = readExposition(await (await fetch(`${base}/metrics`)).text())
})
afterAll(async () => {
  await kernel[Symbol.asyncDispose]()
  client.query = query
})

/** A publish, a download, a search, a bad credential, something that is not there. */
async function traffic(): Promise<void> {
  const as = (secret: string) => ({ authorization: `Basic ${Buffer.from(`ann:${secret}`).toString('base64')}` })
  const json = { 'content-type': 'application/json' }
  await fetch(`${base}/v1/users`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ username: 'ann', password, email: 'ann@example.org' }),
  })
  const headers = { ...as(password), 'content-type': 'application/octet-stream' }
  const published = await fetch(`${base}/v1/artifacts/ann/tool/1.0.0`, { method: 'POST', headers, body: Buffer.alloc(300_000, 7) })
  expect(published.status).toBe(201)
  for (const [path, status] of [
    ['/v1/artifacts/ann/tool/1.0.0', 200],
    ['/v1/search?query=tool', 200],
    ['/v1/nothing', 404],
  ] as const) {
    const answer = await fetch(base + path, { headers: as(password) })
    await answer.arrayBuffer()
    expect(answer.status, path).toBe(status)
  }
  expect((await fetch(`${base}/v1/tokens`, { headers: as('wrong') })).status).toBe(401)
  await kernel.resolve(Collection).collect()
}

interface Used {
  readonly where: string
  readonly text: string
}

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}
const alerts: Alert[] = parse(read('deploy/prometheus/alerts.yml')).groups.flatMap(({ rules }: { rules: Alert[] }) => rules)

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}
const panels: Panel[] = JSON.parse(read('deploy/grafana/dashboards/gati-registry.json')).panels

const used: Used[] = [
  ...alerts.map(({ alert, expr }) => ({ where: `alert ${alert}`, text: expr })),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `panel ${title}`, text: expr.replaceAll('$__rate_interval', '5m') })),
  ),
]
const expressions: (Used & { readonly expression: Expression })[] = used.map((one) => ({ ...one, expression: readExpression(one.text) }))

/** What Prometheus makes itself. */
const made: ReadonlySet<string> = new Set(['up'])
const attached: ReadonlySet<string> = new Set(['job', 'instance'])

/** The metric a series belongs to. */
const metricOf = (series: string): string | undefined => {
  if (exposed.types.get(series) === 'counter' || exposed.types.get(series) === 'gauge') return series
  const histogram = series.replace(/_(?:bucket|sum|count)$/, '')
  return histogram !== series && exposed.types.get(histogram) === 'histogram' ? histogram : undefined
}
const samplesOf = (series: string) => exposed.samples.filter(({ name }) => name === series)

test('Q210-Q212 every metric that a dashboard or an alert names is exported, histograms by their series', () => {
  expect(expressions.length).toBeGreaterThan(60)
  const named = expressions.flatMap(({ where, expression }) => expression.selectors.map(({ metric }) => ({ where, metric })))
  expect(named.filter(({ metric }) => !made.has(metric) && metricOf(metric) === undefined)).toEqual([])
  expect(named.filter(({ metric }) => !made.has(metric) && samplesOf(metric).length === 0)).toEqual([])
})

test('every label that selects or groups is one of its metric, and every value that has to be equal is one it has', () => {
  const has = (metric: string, label: string, value?: string): boolean =>
    attached.has(label) ||
    made.has(metric) ||
    samplesOf(metric).some(({ labels }) => (value === undefined ? label in labels : labels[label] === value))
  const selecting = expressions.flatMap(({ where, expression }) =>
    expression.selectors.flatMap(({ metric, matchers }) => matchers.map((matcher) => ({ where, metric, ...matcher }))),
  )
  const grouping = expressions.flatMap(({ where, expression }) =>
    expression.groupings.flatMap(({ labels, metrics }) => labels.flatMap((label) => metrics.map((metric) => ({ where, metric, label })))),
  )
  expect(selecting.length).toBeGreaterThan(10)
  expect(grouping.length).toBeGreaterThan(30)
  expect([...selecting, ...grouping].filter(({ metric, label }) => !has(metric, label))).toEqual([])
  expect(selecting.filter(({ metric, label, operator, value }) => operator === '=' && !has(metric, label, value))).toEqual([])
  for (const { where, operator, value } of selecting) if (operator.endsWith('~')) expect(() => new RegExp(value), where).not.toThrow()
})

test('an expression that is not understood fails rather than passing unseen', () => {
  for (const wrong of ['sum(rate(a[5m])) by (b)', 'sum(a', 'a)', 'frobnicate(a)', 'a{b}', 'a{b="c}', 'sum by (a) b'])
    expect(() => readExpression(wrong), wrong).toThrow()
  expect(readExpression('topk(3, sum by (b, c) (rate(m_total{d=~"x(y|,)", e!="}"}[5m])) / n) > 0.5')).toEqual({
    selectors: [
      {
        metric: 'm_total',
        matchers: [
          { label: 'd', operator: '=~', value: 'x(y|,)' },
          { label: 'e', operator: '!=', value: '}' },
        ],
      },
      { metric: 'n', matchers: [] },
    ],
    groupings: [{ labels: ['b', 'c'], metrics: ['m_total'] }],
  })
})

test('Q213 Q214 Q215 there are alerts for what the requirements name, each saying how bad it is and what to do', () => {
  const by = new Map(alerts.map((alert) => [alert.alert, alert]))
  expect(by.size).toBe(alerts.length)
  expect(by.get('GatiErrorRate')?.expr).toMatch(/> 0\.01$/)
  expect(by.get('GatiLatency')?.expr).toMatch(/^histogram_quantile\(0\.95, .*> 0\.5$/)
  expect(by.get('GatiQueueDepth')?.expr).toMatch(/> 1000$/)
  expect(by.get('GatiStorageFull')?.expr).toMatch(/> 0\.8$/)
  expect([by.get('GatiDependencyDown'), by.get('GatiOptionalDependencyDown')].map((alert) => alert?.labels.severity)).toEqual([
    'critical',
    'warning',
  ])
  expect(by.get('GatiScansFail')?.expr).toMatch(/outcome="failed"/)
  for (const { alert, expr, labels, annotations } of alerts) {
    expect(expr, alert).toMatch(/[<>=]=? ?-?[\d.]+$/)
    expect(['warning', 'critical'], alert).toContain(labels.severity)
    expect(annotations.summary, alert).toMatch(/\S/)
    expect(annotations.description, alert).toMatch(/\S/)
  }
})

test('texts that nothing was found for, which one client can make any number of, do not say that the database takes no counts', () => {
  const { expr = '' } = alerts.find(({ alert }) => alert === 'GatiEventsNotCounted') ?? {}
  const dropped = readExpression(expr).selectors.filter(({ metric }) => metric === 'registry_analytics_dropped_total')
  expect(dropped.map(({ matchers }) => matchers)).toEqual([[{ label: 'kind', operator: '!=', value: 'text' }]])
})

test('the thresholds of latencies are bounds of buckets, so that they are exact', () => {
  const bounds = (metric: string) => new Set(samplesOf(`${metric}_bucket`).map(({ labels }) => Number(labels['le'])))
  for (const seconds of [0.2, 0.5]) expect(bounds('registry_http_request_duration_seconds')).toContain(seconds)
  expect(bounds('registry_search_duration_seconds')).toContain(0.1)
})

test('panels have an id of their own, do not cover each other, and say what they show', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  for (const { type, title, description, targets = [] } of panels.filter((panel) => panel.type !== 'row')) {
    expect(['stat', 'timeseries'], title).toContain(type)
    expect(description, title).toMatch(/\S/)
    expect(targets, title).not.toEqual([])
  }
})

test('docs/metrics.md explains every metric that is exported, with its labels, and no other', () => {
  const rows = [...read('docs/metrics.md').matchAll(/^\| `([a-z_]+)` \| ([^|]*) \| ([^|]*) \| [^|]+ \|$/gm)]
  const documented = new Map(rows.map(([, name = '', type = '', labels = '']) => [name, { type: type.trim(), labels: labels.trim() }]))
  const exported = [...exposed.types].map(([name, type]) => {
    const series = exposed.samples.filter((sample) => metricOf(sample.name) === name)
    const labels = new Set(series.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== 'le'))
    return [
      name,
      { type, labels: [...labels].map((label) => `\`${label}\``).join(', ') || (series.length === 0 ? undefined : '') },
    ] as const
  })
  expect([...documented.keys()].sort()).toEqual(exported.map(([name]) => name).sort())
  for (const [name, { type, labels }] of exported) {
    expect(documented.get(name)?.type, name).toBe(type)
    // Nothing happened yet that would show the labels.
    if (labels !== undefined) expect(documented.get(name)?.labels, name).toBe(labels)
  }
})

test('what a client writes is in no label: paths, names and credentials stay out of /metrics', async () => {
  const secret = 'surely-nobody-has-this-name'
  await fetch(`${base}/v1/artifacts/${secret}/${secret}`)
  await fetch(`${base}/${secret}`, { headers: { authorization: `Bearer ${secret}` } })
  await fetch(`${base}/v1/search?query=${secret}`)
  const text = await (await fetch(`${base}/metrics`)).text()
  expect(text).not.toContain(secret)
  expect(text).not.toContain('tool')
})

test('Q210 bytes of uploads and downloads are counted by door as they went over the wire', () => {
  const bytes = (name: string) => samplesOf(name).find(({ labels }) => labels['door'] === 'artifacts')?.value ?? 0
  for (const name of ['registry_http_received_bytes_total', 'registry_http_sent_bytes_total']) {
    expect(bytes(name), name).toBeGreaterThan(300_000)
    expect(bytes(name), name).toBeLessThan(310_000)
  }
})

test('a scrape takes milliseconds and asks the database for nothing it was asked for a moment ago', async () => {
  const durations: number[] = []
  statements.length = 0
  for (let turn = 0; turn < 9; turn += 1) {
    const startedAt = performance.now()
    await (await fetch(`${base}/metrics`)).text()
    durations.push(performance.now() - startedAt)
  }
  const median = durations.sort((one, other) => one - other)[4]
  expect(median).toBeLessThan(100)
  // What works in the background asks as well, but not with every scrape.
  expect(Object.entries(Object.groupBy(statements, (text) => text)).filter(([, times = []]) => times.length >= durations.length)).toEqual(
    [],
  )
})
