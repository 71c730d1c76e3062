import { expect, test } from 'vitest'
import { describe, layerType, oci, openRepositories } from './open-repositories.ts'
import { sha256, some } from './open-store.ts'

test('a blob is mounted from where the caller may read it, and from nowhere else', async () => {
  await using open = await openRepositories()
  const { repositories, person, pushBlob, setNamespace, sql, anonymous } = open
  const [ada, bob] = [await person('ada'), await person('bob')]
  const bytes = some(1_000)
  const digest = sha256(bytes)
  await pushBlob(ada, oci('ada', 'secret'), bytes)
  const target = oci('bob', 'app')
  const mount = (from?: ReturnType<typeof oci>) => repositories.mountBlob(bob, target, { digest, ...(from && { from }) })
  for (const from of [undefined, oci('ada', 'secret'), oci('ada', 'absent'), oci('nobody', 'x')]) expect(await mount(from)).toBeUndefined()
  expect(await repositories.mountBlob(bob, target, { digest: sha256('absent') })).toBeUndefined()
  expect(await sql`select id from artifacts where name = 'app'`).toEqual([])
  await setNamespace('ada', { visibility: 'public' })
  expect(await mount(oci('ada', 'absent'))).toBeUndefined()
  expect(await mount()).toEqual({ id: expect.any(String), digest, sizeBytes: 1_000 })
  expect((await repositories.blob(bob, target, digest)).sizeBytes).toBe(1_000)
  expect(await repositories.mountBlob(bob, oci('bob', 'other'), { digest, from: oci('ada', 'secret') })).toMatchObject({ digest })
  await expect(repositories.mountBlob(bob, oci('ada', 'other'), { digest })).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(repositories.mountBlob(anonymous, oci('ada', 'other'), { digest })).rejects.toMatchObject({ kind: 'unauthenticated' })
  await expect(repositories.mountBlob(bob, target, { digest: 'md5:1' })).rejects.toMatchObject({ code: 'artifacts.digest_invalid' })
})

test('a private blob of its own namespace is mounted without naming where it is, and not from a hidden version', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, imageOf, setNamespace, sql } = open
  const [ada, bob] = [await person('ada'), await person('bob')]
  const bytes = some(500)
  await pushBlob(ada, oci('ada', 'base'), bytes)
  expect(await repositories.mountBlob(ada, oci('ada', 'app'), { digest: sha256(bytes) })).toMatchObject({ sizeBytes: 500 })
  await setNamespace('ada', { visibility: 'public', settings: { immutableTags: 'all' } })
  const held = some(600)
  const image = await imageOf(ada, oci('ada', 'held'), [held])
  expect(image.layers).toEqual([describe(layerType, held)])
  const { digest } = await push(ada, oci('ada', 'held'), image, { tags: ['1.0.0'] })
  await sql`update versions set state = 'quarantined'`
  expect(await repositories.mountBlob(bob, oci('bob', 'app'), { digest: sha256(held) })).toBeUndefined()
  await expect(repositories.manifest(bob, oci('ada', 'held'), digest)).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  expect((await repositories.manifest(ada, oci('ada', 'held'), digest)).digest).toBe(digest)
})

test('a mount counts for the quota of where it goes, once', async () => {
  await using open = await openRepositories()
  const { repositories, person, pushBlob, setNamespace } = open
  const [ada, bob] = [await person('ada'), await person('bob')]
  await setNamespace('ada', { visibility: 'public' })
  await setNamespace('bob', { settings: { quotaBytes: 1_500 } })
  const [one, two] = [some(1_000), some(1_000)]
  await pushBlob(ada, oci('ada', 'base'), one)
  await pushBlob(ada, oci('ada', 'base'), two)
  const mount = (name: string, bytes: Buffer) =>
    repositories.mountBlob(bob, oci('bob', name), { digest: sha256(bytes), from: oci('ada', 'base') })
  expect(await mount('one', one)).toBeDefined()
  expect(await mount('again', one)).toBeDefined()
  await expect(mount('two', two)).rejects.toMatchObject({ code: 'artifacts.quota_exceeded' })
})
