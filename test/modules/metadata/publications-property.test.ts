import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Located } from '../../../src/modules/metadata/contract.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { isDomainError } from '../../../src/shared/errors/domain-error.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { literalPolicy } from '../../support/literal-policy.ts'
import { digest, openRegistry, outcome, type Registry } from './open-registry.ts'

let registry: Registry
let ada: Principal
let publications: Publications
let references: References
const { policy, answers } = literalPolicy()

beforeAll(async () => {
  registry = await openRegistry()
  ada = await registry.user('ada')
  await registry.request('PATCH', '/v1/namespaces/ada', {
    as: 'ada',
    body: { visibility: 'public', settings: { immutableTags: 'semver' } },
  })
  publications = registry.kernel.resolve(Publications)
  references = registry.kernel.resolve(References)
  publications.addPolicy(policy)
})
afterAll(() => registry[Symbol.asyncDispose]())

let images = 0
async function newImage() {
  images += 1
  const ref = { namespace: 'ada', name: `image${images}`, format: 'oci' as const }
  await registry.catalog.openForPublish(ada, { ...ref, type: 'module-oci' })
  const located = (caller: Principal): Promise<Located> => registry.catalog.locate(caller, ref, 'read')
  const [writer, reader] = [await located(ada), await located(anonymous)]
  const push = async (manifestDigest: string, names: readonly string[]) =>
    references.assign(writer, names, { manifestDigest, sizeBytes: 1, settlesType: true })
  /** What anybody gets: a digest, nothing, or `403`. */
  const read = async (name: string): Promise<string | undefined> => {
    try {
      const found = await references.resolve(reader, name)
      if (found) await publications.checkRead(reader, found.manifestDigest)
      return found?.manifestDigest
    } catch (error) {
      if (isDomainError(error) && error.code === 'metadata.quarantined') return '403'
      throw error
    }
  }
  return { artifactId: writer.artifact.id, writer, push, read }
}

const tags = ['t', 'u'] as const
const versions: readonly string[] = ['1.0.0', '2.0.0']

/** What happened to one image, as somebody outside remembers it. */
async function openHistory() {
  const image = await newImage()
  const digests = [digest(), digest(), digest()]
  const cleared = new Set<string>()
  const ill = new Set<string>()
  const seen = new Map<string, string>()
  const wanted = new Map<string, string>()
  const manifestAt = (at: number) => ({ artifactId: image.artifactId, manifestDigest: digests[at] ?? '' })
  const release = async (at: number): Promise<void> => {
    await publications.release(manifestAt(at), 'literal')
    cleared.add(manifestAt(at).manifestDigest)
  }
  const lift = async (at: number): Promise<void> => {
    await publications.liftQuarantine(manifestAt(at), 'test')
    ill.delete(manifestAt(at).manifestDigest)
  }
  const quarantine = async (at: number): Promise<void> => {
    await publications.quarantine(manifestAt(at), { by: 'test', reason: 'ill' })
    ill.add(manifestAt(at).manifestDigest)
  }
  const push = async (at: number, { names, held }: { readonly names: readonly string[]; readonly held: boolean }): Promise<void> => {
    const { manifestDigest } = manifestAt(at)
    answers(held ? 'wait' : null)
    if ((await outcome(image.push(manifestDigest, names))) !== 'fulfilled') return
    if (!held) cleared.add(manifestDigest)
    for (const name of names) wanted.set(name, manifestDigest)
  }
  const remove = async (name: string): Promise<void> => {
    const removing = registry.transaction.run(() => references.remove(image.writer, name))
    if ((await outcome(removing)) === 'fulfilled') wanted.delete(name)
  }
  const checkOne = async (name: string): Promise<void> => {
    const found = await image.read(name)
    if (found === undefined || found === '403') return
    expect([cleared.has(found), ill.has(found)]).toEqual([true, false])
    if (!versions.includes(name)) return
    expect(seen.get(name) ?? found).toBe(found)
    seen.set(name, found)
  }
  const check = async (): Promise<void> => {
    await Promise.all([...tags, ...versions].map(checkOne))
  }
  /** Each name is what was pushed to it last, when nothing is held any more. */
  const end = async (): Promise<void> => {
    for (const at of digests.keys()) {
      await lift(at)
      await release(at)
    }
    for (const [name, manifestDigest] of wanted) expect([name, await image.read(name)]).toEqual([name, manifestDigest])
    expect(await publications.held(image.artifactId)).toEqual([])
  }
  return { release, lift, quarantine, push, remove, check, end }
}
type Step = (history: Awaited<ReturnType<typeof openHistory>>) => Promise<void>

const at = fc.nat({ max: 2 })
const names = fc.subarray([...tags, ...versions], { minLength: 1 })
const pushed = fc.record({ at, names, held: fc.boolean() })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: pushed.map(
      ({ at: place, ...what }): Step =>
        ({ push }) =>
          push(place, what),
    ),
  },
  {
    weight: 3,
    arbitrary: at.map(
      (place): Step =>
        ({ release }) =>
          release(place),
    ),
  },
  {
    weight: 1,
    arbitrary: at.map(
      (place): Step =>
        ({ quarantine }) =>
          quarantine(place),
    ),
  },
  {
    weight: 1,
    arbitrary: at.map(
      (place): Step =>
        ({ lift }) =>
          lift(place),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...tags).map(
      (name): Step =>
        ({ remove }) =>
          remove(name),
    ),
  },
)

test('P14: whatever is pushed, held, let go, put into quarantine or moved, a version that was seen never changes and nobody sees what is held back', async () => {
  const steps = fc.array(step, { minLength: 4, maxLength: 10 })
  const holds = fc.asyncProperty(steps, async (all) => {
    const history = await openHistory()
    for (const one of all) {
      await one(history)
      await history.check()
    }
    await history.end()
  })
  await fc.assert(holds, { numRuns: 100 })
}, 120_000)

test('D-6: releases, pushes and removals of one tag at once leave the tag where the history says, and nothing waiting behind', async () => {
  const image = await newImage()
  const all = Array.from({ length: 8 }, () => digest())
  answers('wait')
  for (const one of all) await image.push(one, ['t'])
  answers(null)
  const last = digest()
  const releaseAll = () =>
    all.flatMap((manifestDigest) => [0, 1].map(() => publications.release({ artifactId: image.artifactId, manifestDigest }, 'literal')))
  const pushing = image.push(last, ['t'])
  await Promise.all([...releaseAll(), pushing, ...releaseAll()])
  expect(await image.read('t')).toBe(last)
  expect(await publications.held(image.artifactId)).toEqual([])
  const history = await registry.sql<{ from: string | null; to: string }>`select from_digest as "from", to_digest as "to" from tag_history
    where artifact_id = ${image.artifactId} order by changed_at`
  expect(history.at(-1)?.to).toBe(last)
  for (const [index, change] of history.entries()) expect(change.from).toBe(history[index - 1]?.to ?? null)
})

test('two pushes of one held manifest at once hold it once, with the names of both', async () => {
  const image = await newImage()
  const one = digest()
  answers('wait')
  await Promise.all([image.push(one, ['t', '3.0.0']), image.push(one, ['u', '3.0.0'])])
  const held = await publications.held(image.artifactId)
  expect(held.map(({ version, tags: names }) => [version, [...names].toSorted()])).toEqual([['3.0.0', ['t', 'u']]])
  await Promise.all([0, 1, 2].map(() => publications.release({ artifactId: image.artifactId, manifestDigest: one }, 'literal')))
  for (const name of ['t', 'u', '3.0.0']) expect(await image.read(name)).toBe(one)
  const published =
    await registry.sql`select 1 from outbox where name = 'metadata.version_published' and payload->>'artifactId' = ${image.artifactId}`
  expect(published).toHaveLength(1)
})

test('D-2: a publish that dies with its transaction holds nothing', async () => {
  const image = await newImage()
  answers('wait')
  const dying = registry.transaction.run(async () => {
    await image.push(digest(), ['t', '1.0.0'])
    throw new Error('killed')
  })
  expect(await outcome(dying)).toContain('killed')
  expect(await publications.held(image.artifactId)).toEqual([])
  expect(await registry.sql`select 1 from versions where artifact_id = ${image.artifactId}`).toEqual([])
})
