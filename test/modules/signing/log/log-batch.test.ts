import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PendingFact } from '../../../../src/modules/signing/log/log.queries.ts'
import { entriesOf, sortFacts } from '../../../../src/modules/signing/log/log-batch.ts'
import { commitmentOf, leafOf } from '../../../../src/shared/transparency/log-entry.ts'

const names = [
  { namespace: 'acme', name: 'widget', format: 'npm', reference: '1.0.0' },
  { namespace: 'acme', name: 'widget', format: 'oci', reference: '1.0.0' },
  { namespace: 'acme', name: 'widget', format: 'npm', reference: '2.0.0' },
  { namespace: 'ann', name: 'acme', format: 'npm', reference: '1.0.0' },
]
/** A source has one name for ever; two sources may have the same, and a row may change under the log. */
const facts = fc.array(
  fc
    .record({
      id: fc.nat(),
      kind: fc.constantFrom('version' as const, 'tag' as const, 'unpublished' as const),
      which: fc.nat(names.length - 1),
      source: fc.nat(2),
      digest: fc.constantFrom('sha256:1', 'sha256:2'),
    })
    .map(({ which, source, ...fact }) => ({
      ...fact,
      ...(names[which] as (typeof names)[0]),
      artifactId: 'a',
      sourceId: `${which} ${source}`,
    })),
  { maxLength: 30 },
)
const nameOf = (fact: Omit<PendingFact, 'id'>) => [fact.namespace, fact.name, fact.format, fact.reference].join('|')
const sourceOf = (fact: Pick<PendingFact, 'kind' | 'sourceId'>) => `${fact.kind} ${fact.sourceId}`

test('P25, D-39: however facts come, twice, in any batches, no version has two digests, no source two entries, and every other digest is reported', () => {
  fc.assert(
    fc.property(fc.array(facts, { minLength: 1, maxLength: 5 }), (batches) => {
      const logged: PendingFact[] = []
      const refused: PendingFact[] = []
      for (const batch of batches) {
        const sorted = sortFacts(batch, { sources: logged, named: logged.filter(({ kind }) => kind === 'version') })
        logged.push(...sorted.fresh)
        refused.push(...sorted.refused)
      }
      const versions = logged.filter(({ kind }) => kind === 'version')
      expect(new Set(versions.map(nameOf)).size).toBe(versions.length)
      expect(new Set(logged.map(sourceOf)).size).toBe(logged.length)
      for (const fact of batches.flat()) {
        const isThere = logged.some((entry) =>
          fact.kind === 'version'
            ? entry.kind === 'version' && nameOf(entry) === nameOf(fact) && entry.digest === fact.digest
            : sourceOf(entry) === sourceOf(fact),
        )
        const isRefused = refused.some((one) => sourceOf(one) === sourceOf(fact) && one.digest === fact.digest)
        expect(isThere).toBe(!isRefused)
      }
    }),
    { numRuns: 300 },
  )
})

test('an entry shows its kind and time and nothing else; two of one fact have nothing in common', () => {
  const fact = {
    ...{ id: 1, kind: 'version' as const, sourceId: 's', artifactId: 'a', namespace: 'secret-team', name: 'secret-name' },
    ...{ format: 'npm', reference: '1.0.0', digest: `sha256:${'ab'.repeat(32)}` },
  }
  const [one, two] = entriesOf([fact, fact], { size: 5, time: '2026-11-21T00:00:00.000Z' })
  const { commitment, ...open } = JSON.parse(one?.leaf.toString() ?? '') as { commitment: string }
  expect(open).toEqual({ v: 1, kind: 'version', time: '2026-11-21T00:00:00.000Z' })
  expect(one?.index).toBe(5)
  expect(two?.index).toBe(6)
  expect(two?.leaf.toString()).not.toContain(commitment)
  expect(leafOf({ ...fact, time: '2026-11-21T00:00:00.000Z' }, one?.salt ?? Buffer.of())).toEqual(one?.leaf)
})

test('the commitment is another one for anything that is not quite the same', () => {
  const fact = { kind: 'version' as const, namespace: 'a', name: 'b/c', format: 'npm', reference: '1', digest: 'x', time: 't' }
  const salt = Buffer.alloc(32)
  const others = [
    { ...fact, namespace: 'a/b', name: 'c' },
    { ...fact, kind: 'tag' as const },
    { ...fact, reference: '1"' },
    { ...fact, digest: null },
    { ...fact, time: 'u' },
  ]
  const all = [commitmentOf(fact, salt), ...others.map((other) => commitmentOf(other, salt)), commitmentOf(fact, Buffer.alloc(32, 1))]
  expect(new Set(all).size).toBe(all.length)
})
