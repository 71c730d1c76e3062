import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sight } from '../../src/modules/auth/contract.ts'
import { sourcesOf } from '../../src/modules/search/documents.queries.ts'
import { toDocument } from '../../src/modules/search/search-document.ts'
import type { DriverQuery, SearchDriver } from '../../src/modules/search/search-driver.ts'
import { parseSearchText } from '../../src/modules/search/search-text.ts'
import { Database, Transaction } from '../../src/shared/kernel/database.ts'
import { openSearch } from '../modules/search/open-search.ts'

export interface OpenSearchDriver {
  readonly driver: SearchDriver
  /** Resolves when all that was written can be found. */
  settled(): Promise<void>
  close(): Promise<void>
}

const packages = {
  'library/widget': { description: 'Paints widgets', keywords: ['ui'], license: 'MIT', capabilities: ['gpu'], gatiVersion: '^1.0.0' },
  'library/widget-kit': { description: 'Tools for them', keywords: ['ui', 'tools'], license: 'MIT', language: 'typescript' },
  'library/painter': { description: 'Configuration of a widget that paints', license: 'Apache-2.0', capabilities: ['gpu', 'fs:read'] },
  'library/express': { description: 'Serves pages', gatiVersion: '>=2' },
  'ada/secret-widget': { description: 'Nobody sees this', keywords: ['ui'], license: 'MIT' },
  'bob/open-widget': { description: 'Everybody sees this', keywords: ['ui'] },
}
const nobody: Sight = { everything: false, accountIds: [], artifactIds: [] }

/** What every place where documents are found has to do. The catalog is in Postgres whatever the driver; `open` gets what leads there. */
export function searchDriverContract(
  name: string,
  open: (place: { database: Database; transaction: Transaction }) => Promise<OpenSearchDriver>,
): void {
  describe(`search in ${name}`, () => {
    let registry: Awaited<ReturnType<typeof openSearch>>
    let opened: OpenSearchDriver
    let driver: SearchDriver
    let ada: Sight
    const paths = new Map<string, string>()

    const documentsOf = async (ids: readonly string[]) =>
      (await sourcesOf(registry.kernel.resolve(Database), ids)).map((source) => toDocument(source))
    const idOf = (path: string): string => [...paths].find(([, of]) => of === path)?.[0] ?? ''
    async function ask(text: string, rest: Partial<DriverQuery> = {}, sight: Sight = nobody) {
      const found = await driver.find(sight, { text: parseSearchText(text), offset: 0, limit: 50, ...rest })
      return { ...found, paths: found.hits.map(({ artifactId }) => paths.get(artifactId)) }
    }
    const found = async (text: string, rest: Partial<DriverQuery> = {}, sight: Sight = nobody) =>
      (await ask(text, rest, sight)).paths.toSorted()

    beforeAll(async () => {
      registry = await openSearch()
      const people = { ada: await registry.user('ada'), bob: await registry.user('bob') }
      for (const [path, about] of Object.entries(packages))
        await registry.publish(path.startsWith('bob/') ? people.bob : people.ada, path, about)
      await registry.request('PATCH', '/v1/artifacts/bob/open-widget', { as: 'bob', body: { visibility: 'public' } })
      await registry.settled()
      const { sql, kernel } = registry
      for (const { id, path } of await sql<{ id: string; path: string }>`
        select a.id, n.name || '/' || a.name as path from artifacts a join namespaces n on n.id = a.namespace_id`)
        paths.set(id, path)
      ada = { everything: false, accountIds: [people.ada.userId], artifactIds: [] }
      opened = await open({ database: kernel.resolve(Database), transaction: kernel.resolve(Transaction) })
      driver = opened.driver
      await driver.write(await documentsOf([...paths.keys()]))
      await opened.settled()
    })
    afterAll(async () => {
      await opened.close()
      await registry[Symbol.asyncDispose]()
    })

    test('the name itself comes first, then what begins with it, then words, and tiers say so', async () => {
      const { paths: order, hits, total, totalIsExact } = await ask('widget')
      expect(order.slice(0, 2)).toEqual(['library/widget', 'library/widget-kit'])
      expect(order.slice(2).toSorted()).toEqual(['bob/open-widget', 'library/painter'])
      expect(hits.map(({ tier }) => tier)).toEqual([3, 2, 1, 1])
      expect([total, totalIsExact]).toEqual([4, true])
      for (const { score } of hits) for (const part of Object.values(score)) expect(part >= 0 && part <= 1).toBe(true)
      expect(hits.map(({ score }) => score.final).toSorted((left, right) => right - left)).toEqual(hits.map(({ score }) => score.final))
    })

    test('Q064: words are found by their stem, names by a typo', async () => {
      expect(await found('configurations painting')).toEqual(['library/painter'])
      expect(await found('epxress')).toEqual(['library/express'])
      expect((await ask('epxress')).hits.map(({ tier }) => tier)).toEqual([0])
      expect(await found('zzzzzz')).toEqual([])
    })

    test('a typo is forgiven also where meaning is asked and adds nothing', async () => {
      expect(await found('epxress', { candidates: [{ scores: new Map(), mode: 'also' }] })).toEqual(['library/express'])
      expect(await found('epxress', { candidates: [{ scores: new Map(), mode: 'only' }] })).toEqual([])
    })

    test('Q103: every filter narrows, several of them together', async () => {
      expect(await found('', { license: ['mit'] })).toEqual(['library/widget', 'library/widget-kit'])
      expect(await found('', { capabilities: ['fs:read'] })).toEqual(['library/painter'])
      expect(await found('', { language: ['TypeScript'] })).toEqual(['library/widget-kit'])
      expect(await found('', { gatiVersion: '1.4.0' })).toEqual(['library/widget'])
      expect(await found('', { gatiVersion: '2.0.0' })).toEqual(['library/express'])
      expect(await found('', { namespace: ['bob'] })).toEqual(['bob/open-widget'])
      expect(await found('', { keywords: ['Tools', 'none'] })).toEqual(['library/widget-kit'])
      expect(await found('', { type: ['model'] })).toEqual([])
      expect(await found('', { format: 'npm', keywords: ['ui'], license: ['MIT'] })).toEqual(['library/widget', 'library/widget-kit'])
      expect(await found('widget', { capabilities: ['gpu'] })).toEqual(['library/painter', 'library/widget'])
    })

    test('P5: what is hidden is in no hit, no total and no facet; its owner has it in all', async () => {
      const forNobody = await ask('', { keywords: ['ui'], facets: true })
      expect([forNobody.paths.includes('ada/secret-widget'), forNobody.total]).toEqual([false, 3])
      expect(forNobody.facets?.licenses).toEqual([{ value: 'MIT', count: 2 }])
      const forAda = await ask('', { keywords: ['ui'], facets: true }, ada)
      expect([forAda.paths.includes('ada/secret-widget'), forAda.total]).toEqual([true, 4])
      expect(forAda.facets?.licenses).toEqual([{ value: 'MIT', count: 3 }])
      expect(await found('secret-widget', {}, { ...nobody, artifactIds: [idOf('ada/secret-widget')] })).toContain('ada/secret-widget')
      expect(await found('secret-widget', {}, { ...nobody, everything: true })).toContain('ada/secret-widget')
      expect(await found('secret-widget')).not.toContain('ada/secret-widget')
    })

    test('Q065: facets count all matches whatever the page', async () => {
      const { facets, hits } = await ask('widget', { facets: true, limit: 1 })
      expect(hits).toHaveLength(1)
      expect(facets).toEqual({
        types: [{ value: 'module-node', count: 4 }],
        capabilities: [
          { value: 'gpu', count: 2 },
          { value: 'fs:read', count: 1 },
        ],
        languages: [
          { value: 'javascript', count: 3 },
          { value: 'typescript', count: 1 },
        ],
        licenses: [
          { value: 'MIT', count: 2 },
          { value: 'Apache-2.0', count: 1 },
        ],
        approximate: false,
      })
    })

    test('pages hold every match once, in either direction', async () => {
      for (const sortBy of ['relevance', 'downloads', 'stars', 'updated', 'created'] as const)
        for (const sortOrder of ['asc', 'desc'] as const) {
          const pages = await Promise.all([0, 2, 4].map((offset) => ask('', { sortBy, sortOrder, offset, limit: 2 })))
          expect(new Set(pages.flatMap((page) => page.paths)).size).toBe(5)
        }
    })

    test('candidates count as matches and as part of the score', async () => {
      const scores = new Map([
        [idOf('library/express'), 0.9],
        [idOf('library/widget'), 0.1],
        [idOf('ada/secret-widget'), 1],
      ])
      expect((await ask('', { candidates: [{ scores, mode: 'only' }] })).paths).toEqual(['library/express', 'library/widget'])
      expect(await found('painter', { candidates: [{ scores, mode: 'also' }] })).toEqual([
        'library/express',
        'library/painter',
        'library/widget',
      ])
      expect(await found('painter', { candidates: [{ scores, mode: 'only' }] })).toEqual([])
    })

    test('names are completed, and a typo is forgiven, among what may be seen', async () => {
      const suggested = async (text: string, sight = nobody) => {
        const parsed = parseSearchText(text)
        return parsed ? (await driver.suggest(sight, parsed, 10)).map(({ artifactId }) => paths.get(artifactId)) : []
      }
      expect((await suggested('widg')).toSorted()).toEqual(['library/widget', 'library/widget-kit'])
      expect((await suggested('widget'))[0]).toBe('library/widget')
      expect(await suggested('exprss')).toEqual(['library/express'])
      expect(await suggested('secret')).toEqual([])
      expect(await suggested('secret', ada)).toEqual(['ada/secret-widget'])
    })

    test('what is written again is as it was written last; what is dropped is gone, and comes back with a rebuild', async () => {
      const [express] = await documentsOf([idOf('library/express')])
      if (!express) throw new Error('express has no document')
      await driver.write([{ ...express, description: 'Frobnicates' }])
      await driver.write([{ ...express, description: 'Frobnicates' }])
      await opened.settled()
      expect(await found('frobnicates')).toEqual(['library/express'])
      await driver.drop([express.artifactId, '00000000-0000-7000-8000-00000000dead'])
      await driver.drop([express.artifactId])
      await opened.settled()
      expect(await found('express')).toEqual([])
      const ids = [...paths.keys()]
      async function* batches() {
        for (const half of [ids.slice(0, 3), ids.slice(3)]) yield { artifactIds: half, documents: await documentsOf(half) }
      }
      expect(await driver.rebuild(batches())).toBe(6)
      await opened.settled()
      expect(await found('express')).toEqual(['library/express'])
      expect(await found('frobnicates')).toEqual([])
    })

    test('a rebuild that fails leaves what was found before', async () => {
      async function* broken() {
        yield { artifactIds: [idOf('library/widget')], documents: await documentsOf([idOf('library/widget')]) }
        throw new Error('the catalog went away')
      }
      await expect(driver.rebuild(broken())).rejects.toThrow('went away')
      await opened.settled()
      expect((await ask('')).total).toBe(5)
    })

    test('D-32: no text is an error', async () => {
      const texts = [
        "'",
        '\\',
        '%',
        '_',
        '&|!():*',
        '\0',
        '@@@',
        '/',
        '@/',
        'a/',
        '🙂',
        '<->',
        '-- ;',
        '"',
        '*',
        '{}',
        'AND',
        'x'.repeat(5_000),
      ]
      for (const text of texts) {
        expect((await ask(text)).total).toBeLessThanOrEqual(5)
        const parsed = parseSearchText(text)
        if (parsed) expect(await driver.suggest(nobody, parsed, 5)).toBeInstanceOf(Array)
      }
    })
  })
}
