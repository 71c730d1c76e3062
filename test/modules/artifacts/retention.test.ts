import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Manifests } from '../../../src/modules/artifacts/contract.ts'
import { Retention } from '../../../src/modules/metadata/retention-view.ts'
import { describe, indexType, json, oci, openRepositories } from './open-repositories.ts'
import { sha256, some } from './open-store.ts'

const ref = oci('ada', 'app')

async function openImages() {
  const opened = await openRepositories({ gcGraceSeconds: 1 })
  const ada = await opened.person('ada')
  /** One layer of its own; the manifest's bytes and digests. */
  const push = async (tags: readonly string[], more: object = {}) => {
    const layer = some(5_000)
    const image = json({ ...(await opened.imageOf(ada, ref, [layer])), ...more })
    await opened.push(ada, ref, image, { tags: [...tags] })
    return { image, digest: sha256(image), layer: sha256(layer) }
  }
  const there = async (digests: readonly string[]) => {
    const links = await opened.sql<{ digest: string }>`
      select m.algorithm || ':' || m.digest as digest from artifact_manifests l join manifests m on m.id = l.manifest_id`
    const found = new Set(links.map(({ digest }) => digest))
    return digests.map((digest) => found.has(digest))
  }
  return { ...opened, ada, pushImage: push, there, retention: opened.kernel.resolve(Retention) }
}

test('retention gives the bytes of its tags free, not in the dry run, and none that something else needs', async () => {
  await using opened = await openImages()
  const { ada, pushImage, push, there, retention, kernel, store, setNamespace, sql } = opened
  await setNamespace('ada', { settings: { immutableTags: 'semver' } })
  const old = await pushImage(['old', 'older'])
  const untagged = await pushImage([])
  const needed = [
    await pushImage(['also', 'keep-this']),
    await pushImage(['plain', '1.0.0']),
    await pushImage(['child']),
    await pushImage(['keep-subject']),
  ]
  const [, , child, subject] = needed
  if (!child || !subject) throw new Error('unreachable')
  const descriptor = describe('application/vnd.oci.image.manifest.v1+json', child.image)
  await push(ada, ref, { schemaVersion: 2, manifests: [descriptor] }, { mediaType: indexType, tags: ['keep-index'] })
  const referrer = await pushImage(['signature'], {
    subject: describe('application/vnd.oci.image.manifest.v1+json', subject.image),
  })
  const lonely = await pushImage(['lonely'], { subject: describe(indexType, some(3)) })
  const stay = [...needed, referrer, untagged].map(({ digest }) => digest)
  const go = [old, lonely].map(({ digest }) => digest)
  await setNamespace('ada', { settings: { retention: { keepMatching: ['keep-*'] } } })

  expect((await retention.preview(ada, 'ada', { limit: 100 })).items).toHaveLength(7)
  await kernel.drainEffects()
  expect(await there([...stay, ...go])).not.toContain(false)

  await sql`update artifact_manifests set touched_at = touched_at - interval '2 minutes'`
  expect(await retention.apply(ada, 'ada')).toEqual({ removed: 7, complete: true })
  await kernel.drainEffects()
  expect(await there(stay)).not.toContain(false)
  expect(await there(go)).toEqual([false, false])
  await delay(1_200)
  expect(await store.collect()).toMatchObject({ manifests: 2, links: 2, blobs: 2, bytes: 10_000 })
  expect((await store.fsck()).errors).toEqual([])
})

test('a manifest that was pushed again after its tag expired stays, also without a tag', async () => {
  await using opened = await openImages()
  const { ada, pushImage, push, there, sql, kernel, repositories } = opened
  const { image, digest } = await pushImage(['old'])
  const [row] = await sql<{ id: string; at: string }>`select id, clock_timestamp()::text as at from artifacts where name = 'app'`
  if (!row) throw new Error('unreachable')
  await repositories.deleteTag(ada, ref, 'old')
  await push(ada, ref, image)
  const manifests = kernel.resolve(Manifests)
  await manifests.unlink(row.id, digest, row.at)
  expect(await there([digest])).toEqual([true])
  await manifests.unlink(row.id, digest, new Date(Date.now() + 120_000).toISOString())
  expect(await there([digest])).toEqual([false])
})
