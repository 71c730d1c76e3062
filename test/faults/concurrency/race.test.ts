import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { RunningRegistry } from '../../support/run-registry.ts'
import { type Answer, expectStatus, parsed, send } from '../connection.ts'
import { Client, createToken, issueToken, startRegistry } from '../registry.ts'
import { packTarballs, sha256, type Tarball, variant } from '../tarballs.ts'

interface Pair extends AsyncDisposable {
  readonly registries: readonly [RunningRegistry, RunningRegistry]
  readonly clients: readonly [Client, Client]
  readonly token: string
  readonly tarball: Tarball
}

test.each([20, 200])('D-5: of %i publishes of one version through two processes one wins, and both serve its bytes', async (count) => {
  await using pair = await startPair()
  const contents = Array.from({ length: count }, (_, index) => variant(pair.tarball, index + 1))
  const answers = await Promise.all(contents.map((content, index) => clientOf(pair, index).publish(content, '1.0.0')))
  const statuses = answers.map(({ status }) => status)
  expect(tally(answers)).toEqual({ '201 ': 1, '409 metadata.version_exists': count - 1 })
  const winner = contents[statuses.indexOf(201)]
  if (!winner) throw new Error('nobody won')
  for (const client of pair.clients) {
    await client.verify({ artifact: winner.name, version: '1.0.0', digest: sha256(winner.bytes) })
    expect(await client.listed()).toEqual([{ artifact: winner.name, version: '1.0.0' }])
  }
  for (const loser of contents.filter((content) => content !== winner).slice(0, 30)) {
    const digest = sha256(loser.bytes)
    expectStatus(await pair.clients[0].call(`/v1/artifacts/admin/${loser.name}/-/blobs/${digest}`), 404)
  }
})

test('D-6: 25 versions published at once through two processes are all kept, and so are 25 tags', async () => {
  await using pair = await startPair()
  const { name } = pair.tarball
  const versions = Array.from({ length: 25 }, (_, index) => `1.${index}.0`)
  const publishing = versions.map((version, index) => clientOf(pair, index).publish(variant(pair.tarball, index + 1), version))
  for (const answer of await Promise.all(publishing)) expectStatus(answer, 201)
  const tagging = versions.map((version, index) =>
    clientOf(pair, index).call(`/v1/artifacts/admin/${name}/-/tags/of-${index}`, { method: 'PUT', json: { version } }),
  )
  for (const answer of await Promise.all(tagging)) expectStatus(answer, 200, 201, 204)
  for (const client of pair.clients) {
    const listed = await client.listed()
    expect(listed.map(({ version }) => version).sort()).toEqual([...versions].sort())
    for (const [index, version] of versions.entries()) {
      await client.verify({ artifact: name, version, digest: sha256(variant(pair.tarball, index + 1).bytes) })
      await client.verify({ artifact: name, version: `of-${index}`, digest: sha256(variant(pair.tarball, index + 1).bytes) })
    }
    // The highest version, whichever came last.
    await client.verify({ artifact: name, version: 'latest', digest: sha256(variant(pair.tarball, 25).bytes) })
  }
})

test('D-6: of 25 conditional moves of one tag through two processes exactly one finds it where it was', async () => {
  await using pair = await startPair()
  const { name } = pair.tarball
  for (const version of ['1.0.0', '1.1.0']) expectStatus(await pair.clients[0].publish(pair.tarball, version), 201)
  const path = `/v1/artifacts/admin/${name}/-/tags/stable`
  expectStatus(await pair.clients[0].call(path, { method: 'PUT', json: { version: '1.0.0' } }), 200, 201)
  const { etag = '' } = expectStatus(await pair.clients[1].call(path), 200).headers
  const moves = Array.from({ length: 25 }, (_, index) =>
    clientOf(pair, index).call(path, { method: 'PUT', json: { version: '1.1.0' }, headers: { 'if-match': etag } }),
  )
  const statuses = (await Promise.all(moves)).map(({ status }) => status)
  expect(statuses.filter((status) => status < 300)).toHaveLength(1)
  expect(statuses.filter((status) => status === 412)).toHaveLength(24)
})

test('D-21: a token revoked in one process is refused by the other within 5 s', async () => {
  await using pair = await startPair()
  for (const [from, to] of [pair.registries, pair.registries.toReversed()] as [RunningRegistry, RunningRegistry][]) {
    const { id, token } = await issueToken(from.url)
    const asToken = { headers: { authorization: `Bearer ${token}` } }
    for (const { url } of pair.registries) expectStatus(await send(`${url}/v1/auth/whoami`, asToken), 200)
    expectStatus(await new Client(from.url, pair.token).call(`/v1/tokens/${id}`, { method: 'DELETE' }), 204)
    expectStatus(await send(`${from.url}/v1/auth/whoami`, asToken), 401)
    console.log(`the other process refused the token after ${Math.round(await untilRefused(to.url, asToken))} ms`)
  }
})

/** How many answers said what. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) {
    const said = `${answer.status} ${parsed<{ code?: string }>(answer).code ?? ''}`
    counts[said] = (counts[said] ?? 0) + 1
  }
  return counts
}

async function untilRefused(url: string, call: Parameters<typeof send>[1]): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { status } = await send(`${url}/v1/auth/whoami`, call)
    if (status === 401) return performance.now() - began
    if (performance.now() - began > 5_000) throw new Error('the token works after 5 s')
    await delay(20)
  }
}

const clientOf = ({ clients }: Pair, index: number): Client => clients[index % 2 === 0 ? 0 : 1]

async function startPair(): Promise<Pair> {
  const [tarball] = await packTarballs()
  if (!tarball) throw new Error('npm packed nothing')
  const first = await startRegistry()
  try {
    const second = await startRegistry({ dataDir: first.dataDir })
    const token = await createToken(first.url)
    return {
      ...{ registries: [first, second], clients: [new Client(first.url, token), new Client(second.url, token)], token, tarball },
      async [Symbol.asyncDispose]() {
        await second[Symbol.asyncDispose]()
        await first[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await first[Symbol.asyncDispose]()
    throw error
  }
}
