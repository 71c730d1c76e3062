import { expect, test } from 'vitest'
import { type Answer, expectStatus, parsed } from '../connection.ts'
import { forms, integrityOf, makeRelease, NpmClient, type Release } from '../npm-packages.ts'
import { Client, createToken, startRegistry } from '../registry.ts'
import { sha256 } from '../tarballs.ts'

test('D-5: of 200 publishes of one version over npm and REST one wins, and both doors serve its bytes', async () => {
  await using registry = await startRegistry()
  const client = new Client(registry.url, await createToken(registry.url))
  const npm = new NpmClient(client)
  const releases = await Promise.all(
    Array.from({ length: 200 }, (_, index) => makeRelease('@admin/raced', '1.0.0', { text: `number ${index}` })),
  )
  const answers = await Promise.all(
    releases.map((release, index) => (index % 2 === 0 ? npm.publish(release) : publishOverRest(client, release))),
  )
  expect(tally(answers)).toEqual({ '201 ': 1, '409 metadata.version_exists': 199 })
  const winner = releases[answers.findIndex(({ status }) => status === 201)]
  if (!winner) throw new Error('nobody won')
  for (const form of forms) {
    const document = await npm.document(winner.name, form)
    expect(Object.keys(document.versions)).toEqual(['1.0.0'])
    expect(document['dist-tags']).toEqual({ latest: '1.0.0' })
    expect(document.versions['1.0.0']?.dist.integrity).toBe(integrityOf(winner.tarball))
  }
  expect(expectStatus(await npm.tarball(winner), 200).body.equals(winner.tarball)).toBe(true)
  expect(expectStatus(await client.call('/v1/artifacts/admin/raced/1.0.0?format=npm'), 200).body.equals(winner.tarball)).toBe(true)
  await expectUnreachable(
    client,
    releases.filter((release) => release !== winner),
  )
})

/** Neither through the REST API nor through the OCI door, which both serve what the package has. */
async function expectUnreachable(client: Client, losers: readonly Release[]): Promise<void> {
  for (const { tarball } of losers) {
    const digest = sha256(tarball)
    expectStatus(await client.call(`/v1/artifacts/admin/raced/-/blobs/${digest}?format=npm`), 404)
    expectStatus(await client.call(`/v2/npm/admin/raced/blobs/${digest}`), 404)
  }
}

test('D-6: 25 versions published at once with a dist-tag each are all kept, and so are their tags', async () => {
  await using registry = await startRegistry()
  const npm = new NpmClient(new Client(registry.url, await createToken(registry.url)))
  for (const name of ['@admin/crowded', 'crowded']) {
    const releases = await Promise.all(Array.from({ length: 25 }, (_, index) => makeRelease(name, `1.${index}.0`)))
    const answers = await Promise.all(releases.map((release, index) => npm.publish(release, [`of-${index}`])))
    for (const answer of answers) expectStatus(answer, 201)
    const wanted = Object.fromEntries(releases.map(({ version }, index) => [`of-${index}`, version]))
    for (const form of forms) {
      const { versions, 'dist-tags': tags } = await npm.document(name, form)
      expect(Object.keys(versions).sort()).toEqual(releases.map(({ version }) => version).sort())
      const { latest, ...others } = tags
      expect(others).toEqual(wanted)
      expect(Object.keys(versions)).toContain(latest)
      for (const release of releases) expect(versions[release.version]?.dist.integrity).toBe(integrityOf(release.tarball))
    }
    for (const release of releases) expect((await npm.tarball(release)).body.equals(release.tarball)).toBe(true)
  }
})

test('D-6: 25 dist-tags moved at once while versions are published point where they were moved to', async () => {
  await using registry = await startRegistry()
  const npm = new NpmClient(new Client(registry.url, await createToken(registry.url)))
  const first = await makeRelease('@admin/tagged', '1.0.0')
  expectStatus(await npm.publish(first), 201)
  const later = await Promise.all(Array.from({ length: 10 }, (_, index) => makeRelease(first.name, `2.0.${index}`)))
  const answers = await Promise.all([
    ...Array.from({ length: 25 }, (_, index) => npm.moveTag(first.name, `moved-${index}`, '1.0.0')),
    ...later.map((release) => npm.publish(release, ['newest'])),
  ])
  for (const answer of answers) expectStatus(answer, 200, 201)
  for (const form of forms) {
    const { versions, 'dist-tags': tags } = await npm.document(first.name, form)
    expect(Object.keys(versions)).toHaveLength(11)
    const { newest, ...others } = tags
    expect(later.map(({ version }) => version)).toContain(newest)
    expect(others).toEqual({
      latest: '1.0.0',
      ...Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`moved-${index}`, '1.0.0'])),
    })
  }
})

function publishOverRest(client: Client, { tarball }: Release): Promise<Answer> {
  return client.call('/v1/artifacts/admin/raced/1.0.0?format=npm', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-artifact-type': 'module-node', 'x-artifact-digest': sha256(tarball) },
    body: tarball,
  })
}

/** How many answers said what. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) {
    const { code = '' } = answer.status < 300 ? {} : parsed<{ code?: string }>(answer)
    const said = `${answer.status} ${code}`
    counts[said] = (counts[said] ?? 0) + 1
  }
  return counts
}
