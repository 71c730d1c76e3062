import { readdir, readFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { Change } from '../../../../src/modules/timescape/change.ts'
import { bumpOf } from '../../../../src/modules/timescape/semantic/report.ts'
import { SemanticDiffService } from '../../../../src/modules/timescape/semantic/semantic-diff.service.ts'
import type { VersionContent } from '../../../../src/modules/timescape/semantic-diff.ts'
import { packed } from '../../npm/package-tarball.ts'
import { models } from '../corpus/model/models.ts'
import { published } from '../corpus/npm/published.ts'
import { type WrittenPackage, writtenPackages } from '../corpus/npm/written.ts'
import { writtenTypes } from '../corpus/npm/written-types.ts'
import { images } from '../corpus/oci/images.ts'
import { modelFiles } from './model-files.ts'
import { imageVersion, modelVersion, packageVersion, storedContent } from './stored-content.ts'

const store = storedContent()
const diff = new SemanticDiffService(store, { timeoutMs: 120_000 })
afterAll(() => diff[Symbol.asyncDispose]())

interface Verdict {
  readonly name: string
  readonly isPublished: boolean
  readonly isBreaking: boolean
  readonly isFound: boolean
}
const verdicts: Verdict[] = []

async function judged(before: VersionContent, after: VersionContent, known: Omit<Verdict, 'isFound'>): Promise<readonly Change[]> {
  const changes = await diff.changes(before, after, AbortSignal.timeout(120_000))
  verdicts.push({ ...known, isFound: bumpOf(changes) === 'major' })
  return changes
}

const rulesOf = (changes: readonly Change[]): readonly string[] => [...new Set(changes.map(({ rule }) => rule))]
const npmFolder = new URL('../corpus/npm/', import.meta.url)
const publishedVersion = async (name: string, version: string) =>
  packageVersion(store, await readFile(new URL(`${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`, npmFolder)))
const writtenVersion = async ({ manifest, files }: WrittenPackage, version: string) =>
  packageVersion(store, await packed({ name: 'sample', version, ...manifest }, files))

describe('published packages', { timeout: 120_000 }, () => {
  test.each(published)('R11.2: $name $before to $after: $says', async ({ name, before, after, isBreaking, rules }) => {
    const [was, is] = [await publishedVersion(name, before), await publishedVersion(name, after)]
    const changes = await judged(was, is, { name: `${name} ${before} to ${after}`, isPublished: true, isBreaking })
    expect(rulesOf(changes)).toEqual(expect.arrayContaining([...rules]))
    expect(rulesOf(changes)).not.toContain('declarations-undecided')
    expect(changes).not.toEqual([])
  })
})

describe('written packages', { timeout: 60_000 }, () => {
  test.each([...writtenPackages, ...writtenTypes])('R11.2: $name', async ({ name, before, after, bump, rules }) => {
    const [was, is] = [await writtenVersion(before, '1.0.0'), await writtenVersion(after, '1.0.1')]
    const changes = await judged(was, is, { name, isPublished: false, isBreaking: bump === 'major' })
    expect(rulesOf(changes)).toEqual(expect.arrayContaining([...rules]))
    expect(bumpOf(changes), JSON.stringify(changes, undefined, 1)).toBe(bump)
  })
})

test.each(images)('R11.2: of an image: $name', async ({ name, before, after, bump, rules }) => {
  const changes = await judged(imageVersion(store, before), imageVersion(store, after), {
    name,
    isPublished: false,
    isBreaking: bump === 'major',
  })
  expect(rulesOf(changes)).toEqual(rules.length > 0 ? expect.arrayContaining([...rules]) : [])
  expect(bumpOf(changes), JSON.stringify(changes)).toBe(bump)
})

test.each(models)('R11.2: of a model: $name', async ({ name, before, after, bump, rules }) => {
  const [was, is] = [modelVersion(store, modelFiles(before)), modelVersion(store, modelFiles(after))]
  const changes = await judged(was, is, { name, isPublished: false, isBreaking: bump === 'major' })
  expect(rulesOf(changes)).toEqual(expect.arrayContaining([...rules]))
  expect(bumpOf(changes), JSON.stringify(changes)).toBe(bump)
})

function figures(of: readonly Verdict[]) {
  const hits = of.filter(({ isBreaking, isFound }) => isBreaking && isFound).length
  const named = of.filter(({ isFound }) => isFound).length
  const breaking = of.filter(({ isBreaking }) => isBreaking).length
  return { pairs: of.length, breaking, precision: hits / named, recall: hits / breaking }
}

test('R11.2: three of ten pairs, those of GTypes among them, were really published', async () => {
  const gtypes = await readdir(new URL('../corpus/gtypes/', import.meta.url))
  const others = [writtenPackages, writtenTypes, images, models, gtypes].reduce((sum, { length }) => sum + length, 0)
  expect(published.length / (published.length + others)).toBeGreaterThanOrEqual(0.3)
})

test('R11.2: precision and recall of "breaking" are what docs/semantic-diff.md says', () => {
  const [all, real] = [figures(verdicts), figures(verdicts.filter(({ isPublished }) => isPublished))]
  const shown = ({ pairs, breaking, precision, recall }: typeof all) =>
    `${pairs} pairs, ${breaking} breaking, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`
  console.log(`semantic diff, all: ${shown(all)}\nsemantic diff, published: ${shown(real)}`)
  for (const { name } of verdicts.filter(({ isBreaking, isFound }) => isBreaking !== isFound)) console.log(`  otherwise: ${name}`)
  expect(verdicts).toHaveLength(published.length + writtenPackages.length + writtenTypes.length + images.length + models.length)
  expect(all.precision).toBeGreaterThanOrEqual(0.93)
  expect(all.recall).toBeGreaterThanOrEqual(0.94)
  expect(real.precision).toBeGreaterThanOrEqual(0.85)
  expect(real.recall).toBeGreaterThanOrEqual(0.87)
})
