import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { OutboundRequest } from '../../src/shared/kernel/outbound.ts'
import { OutboundClient } from '../../src/shared/kernel/outbound-client.ts'
import type { Lookup } from '../../src/shared/kernel/outbound-connector.ts'
import { isOutboundTarget, outboundTargets } from '../../src/shared/kernel/outbound-targets.ts'

const inside: readonly string[] = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255', '127.0.0.1', '127.255.0.1'],
  ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['168.63.129.16', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1', '2001::1', '2001:0:53aa:64c::1', '2001:2::1', '2001:20::1'],
  ...['2001:db8::1', '2002:7f00:1::', '2002:808:808::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fd12:3456::1'],
  ...['fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', '4000::1', '', 'localhost', '8.8.8', '0x08.8.8.8'],
]
const outside = ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1']
const farOutside = ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255', '2606:4700::1111', '2a00::1']

test.each(inside)('D-24: %s is no address to connect to', (address) => {
  expect(outboundTargets([]).address(address)).toBe(false)
})

test.each([...outside, ...farOutside])('D-24: %s is public', (address) => {
  expect(outboundTargets([]).address(address)).toBe(true)
})

test('D-24: what is allowed is a name, an address or a range, and nothing beside it', () => {
  const targets = outboundTargets(['Registry.Corp.', '10.1.0.0/16', '192.168.7.7', 'fd00:1::/32'])
  for (const address of ['10.1.255.255', '192.168.7.7', 'fd00:1:2::3']) expect(targets.address(address)).toBe(true)
  for (const address of ['10.2.0.0', '192.168.7.8', 'fd00:2::1', '127.0.0.1']) expect(targets.address(address)).toBe(false)
  expect([targets.name('registry.corp'), targets.name('x.registry.corp'), targets.name('corp')]).toEqual([true, false, false])
  for (const text of ['', 'http://corp', 'corp:5000', '10.0.0.0/33', '-corp', '*.corp']) expect(isOutboundTarget(text)).toBe(false)
})

function open(allow: readonly string[] = [], lookup?: Lookup): OutboundClient {
  const client = new OutboundClient({ allow, ...(lookup && { lookup }) })
  onTestFinished(() => client[Symbol.asyncDispose]())
  return client
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void, host = '127.0.0.1') {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { requests, port, origin: `http://${host}:${port}` }
}

/** Code of the refusal, or the status. */
const outcome = async (client: OutboundClient, url: string, request?: OutboundRequest) =>
  client.request(url, request).then(
    (answer) => {
      answer.discard()
      return answer.status
    },
    (error: { code?: string }) => error.code ?? String(error),
  )

const addresses =
  (...found: readonly string[]): Lookup =>
  (_host, _options, answer) =>
    answer(
      null,
      found.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

test.each([
  ...['127.0.0.1', '127.1', '0x7f.1', '0x7f000001', '2130706433', '017700000001', '0177.0.0.1', '0', '127.0.0.1.', 'localhost'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]', '①②⑦.0.0.1'],
])('D-24: http://%s/ is refused, and nothing is sent', async (host) => {
  const server = await serve((_request, response) => response.end())
  expect(await outcome(open(), `http://${host}:${server.port}/`)).toBe('kernel.outbound_refused')
  expect(server.requests).toEqual([])
})

test.each([
  'ftp://example.org/',
  'file:///etc/passwd',
  'data:,x',
  '//example.org',
  'http://ada:secret@example.org/',
  'http://',
  'nonsense',
])('D-24: %s is refused before anything is looked up', async (url) => {
  const lookup: Lookup = () => {
    throw new Error('looked up')
  }
  expect(await outcome(open([], lookup), url)).toBe('kernel.outbound_refused')
})

test('D-24: a name is refused when one of its addresses is', async () => {
  for (const found of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['2606:4700::1111', '::1'], []])
    expect(await outcome(open([], addresses(...found)), 'http://rebound.example/')).toBe('kernel.outbound_refused')
})

test('D-24: a name is looked up once for a connection, and what was checked is what is connected to', async () => {
  const server = await serve((_request, response) => response.end('here'))
  let lookups = 0
  const lookup: Lookup = (host, options, answer) => addresses(lookups++ === 0 ? '127.0.0.1' : '169.254.169.254')(host, options, answer)
  const client = open(['127.0.0.1'], lookup)
  expect(await outcome(client, `http://once.example:${server.port}/`)).toBe(200)
  expect([lookups, server.requests.map(({ headers }) => headers.host)]).toEqual([1, [`once.example:${server.port}`]])
})

test('an allowed name may stand for any address', async () => {
  const server = await serve((_request, response) => response.end())
  expect(await outcome(open(['intranet.corp'], addresses('127.0.0.1')), `http://intranet.corp:${server.port}/`)).toBe(200)
  expect(await outcome(open(['other.corp'], addresses('127.0.0.1')), `http://intranet.corp:${server.port}/`)).toBe(
    'kernel.outbound_refused',
  )
})

const secrets = { authorization: 'Bearer secret', cookie: 'a=b', 'x-api-key': 'secret', accept: 'text/plain' }

test('D-24: a redirect to a place that is refused is refused', async () => {
  const hidden = await serve((_request, response) => response.end('hidden'), '127.0.0.2')
  for (const location of [
    `${hidden.origin}/`,
    `http://[::ffff:127.0.0.2]:${hidden.port}/`,
    'file:///etc/passwd',
    'http://u:p@127.0.0.1/',
  ]) {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end())
    expect(await outcome(open(['127.0.0.1']), `${server.origin}/`)).toBe('kernel.outbound_refused')
  }
  expect(hidden.requests).toEqual([])
})

test('D-24: redirects within an origin keep the headers, another origin sees no credential, not even on the way back', async () => {
  const start = await serve((request, response) => {
    if (request.url === '/1') response.writeHead(307, { location: '/2' }).end()
    else if (request.url === '/2') response.writeHead(302, { location: `${other.origin}/3` }).end()
    else response.end('done')
  })
  const other = await serve((_request, response) => response.writeHead(301, { location: `${start.origin}/4` }).end())
  const answer = await open(['127.0.0.1']).request(`${start.origin}/1`, { headers: secrets })
  expect([String(answer.url), (await answer.bytes(10)).toString()]).toEqual([`${start.origin}/4`, 'done'])
  const seen = [...start.requests, ...other.requests].map(({ url, headers }) => ({
    ...{ url, accept: headers.accept },
    secrets: [headers.authorization, headers.cookie, headers['x-api-key']].filter((value) => value !== undefined).length,
  }))
  expect(seen).toEqual([
    { url: '/1', accept: 'text/plain', secrets: 3 },
    { url: '/2', accept: 'text/plain', secrets: 3 },
    { url: '/4', accept: 'text/plain', secrets: 0 },
    { url: '/3', accept: 'text/plain', secrets: 0 },
  ])
})

test('five redirects are followed, six are not, and a POST follows none', async () => {
  const server = await serve((request, response) => {
    const left = Number(request.url?.slice(1))
    if (left === 0) response.end()
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  const client = open(['127.0.0.1'])
  expect(await outcome(client, `${server.origin}/5`)).toBe(200)
  expect(await outcome(client, `${server.origin}/6`)).toBe('kernel.outbound_refused')
  expect(await outcome(client, `${server.origin}/1`, { method: 'POST', body: 'x' })).toBe(302)
})

test('what is read whole has a bound', async () => {
  const server = await serve((_request, response) => response.end(Buffer.alloc(100_000)))
  const client = open(['127.0.0.1'])
  expect((await (await client.request(server.origin)).bytes(100_000)).length).toBe(100_000)
  await expect((await client.request(server.origin)).bytes(99_999)).rejects.toMatchObject({ code: 'kernel.outbound_too_large' })
})

test('nobody there, or an answer that is cut, is a failure of the other server', async () => {
  const server = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half')
    setTimeout(() => response.destroy(), 20)
  })
  const client = open(['127.0.0.1'])
  await expect((await client.request(server.origin)).bytes(100)).rejects.toMatchObject({ code: 'kernel.outbound_failed' })
  expect(await outcome(client, 'http://127.0.0.1:1/')).toBe('kernel.outbound_failed')
})

test('what is discarded lets go of its connection', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const server = await serve((request, response) => {
    request.socket.once('close', resolve)
    response.write('without an end')
  })
  ;(await open(['127.0.0.1']).request(server.origin)).discard()
  await closed
})
