import { createHash, createPublicKey, verify } from 'node:crypto'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { RegistryKeys } from '../../../src/modules/signing/contract.ts'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { integrityOf, npmDocument, packed, shasumOf, tgz } from './package-tarball.ts'

type Packument = Record<string, unknown> & { 'dist-tags': Record<string, string>; versions: Record<string, Record<string, unknown>> }

const packument = async (door: PublishingDoor, name: string): Promise<Packument> => {
  const answer = await door.send('GET', `/npm/${name.replace('/', '%2f')}`, { as: 'ann' })
  expect(answer.status).toBe(200)
  return answer.json<Packument>()
}
const isAbsent = async (door: PublishingDoor, name: string) =>
  expect((await door.send('GET', `/npm/${name.replace('/', '%2f')}`, { as: 'ann' })).status).toBe(404)

test('npm publishes a package: its document, its tarball and its manifest are there', async () => {
  await using door = await openPublishing()
  const manifest = {
    ...{ name: '@acme/widget', version: '1.0.0', dependencies: { 'left-pad': '^1.3.0' }, optionalDependencies: { fsevents: '2' } },
    ...{ bin: './cli.js', scripts: { test: 'node test.js' }, repository: 'github:acme/widget', author: 'Ann <ann@example.org>' },
    ...{ deprecated: 'not by its author', _where: 'here', dist: { tarball: 'http://example.org/evil.tgz' } },
  }
  const tarball = await packed(manifest, { 'cli.js': '#!/usr/bin/env node\n', 'README.md': '# Widget\n' })
  const sent = {
    ...{
      name: '@acme/widget',
      version: '1.0.0',
      dependencies: { 'left-pad': '^1.3.0', fsevents: '2' },
      optionalDependencies: { fsevents: '2' },
    },
    ...{ bin: { widget: 'cli.js' }, scripts: { test: 'node test.js' }, description: 'only said, not in the package' },
  }
  const answer = await door.put('@acme/widget', npmDocument(sent, tarball))
  expect(answer.json()).toEqual({ ok: true, success: true })
  expect(answer.status).toBe(201)
  const document = await packument(door, '@acme/widget')
  expect(document).toMatchObject({ name: '@acme/widget', 'dist-tags': { latest: '1.0.0' }, readme: '# Widget\n' })
  const published = document.versions['1.0.0'] ?? {}
  expect(published).toMatchObject({
    ...{
      bin: { widget: 'cli.js' },
      dependencies: { 'left-pad': '^1.3.0', fsevents: '2' },
      _npmVersion: '11.19.1',
      _npmUser: { name: 'ann' },
    },
    ...{ repository: { type: 'git', url: 'git+https://github.com/acme/widget.git' }, author: { name: 'Ann', email: 'ann@example.org' } },
    dist: { shasum: shasumOf(tarball), integrity: integrityOf(tarball), fileCount: 3 },
  })
  for (const member of ['deprecated', '_where']) expect(published).not.toHaveProperty(member)
  expect(published['description']).not.toBe('only said, not in the package')
  const served = await door.send('GET', '/npm/@acme/widget/-/widget-1.0.0.tgz', { as: 'ann' })
  expect(served.bytes.equals(tarball)).toBe(true)
  const oci = await door.send('GET', '/v2/npm/acme/widget/manifests/1.0.0', { as: 'ann' })
  expect(oci.json()).toMatchObject({
    artifactType: 'application/vnd.npm.package.v1',
    layers: [
      {
        mediaType: 'application/vnd.npm.package.tar+gzip',
        digest: `sha256:${createHash('sha256').update(tarball).digest('hex')}`,
        annotations: { 'org.opencontainers.image.title': 'widget-1.0.0.tgz' },
      },
    ],
  })
})

test('without a scope it is pulled by either of its two names as an OCI artifact', async () => {
  await using door = await openPublishing()
  expect((await door.publish('left-pad', '1.3.0')).status).toBe(201)
  const digests = []
  for (const repository of ['npm/left-pad', 'npm/library/left-pad']) {
    const token = await door.send('GET', `/v2/token?service=gati&scope=repository:${repository}:pull`, { as: 'bob' })
    const headers = { authorization: `Bearer ${token.json<{ token: string }>().token}` }
    const { status, bytes, json } = await door.send('GET', `/v2/${repository}/manifests/1.3.0`, { headers })
    const [layer] = json<{ layers: { digest: string }[] }>().layers
    expect([status, (await door.send('GET', `/v2/${repository}/blobs/${layer?.digest}`, { headers })).status]).toEqual([200, 200])
    digests.push(createHash('sha256').update(bytes).digest('hex'))
  }
  expect(new Set(digests).size).toBe(1)
})

test('the registry signs name, version and integrity', async () => {
  await using door = await openPublishing()
  expect((await door.publish('@acme/widget', '1.0.0')).status).toBe(201)
  const dist = (await packument(door, '@acme/widget')).versions['1.0.0']?.['dist'] as {
    integrity: string
    signatures: { keyid: string; sig: string }[]
  }
  const [key] = await door.kernel.resolve(RegistryKeys).list()
  expect(dist.signatures).toEqual([{ keyid: key?.keyid, sig: expect.any(String) }])
  const publicKey = createPublicKey({ key: Buffer.from(key?.key ?? '', 'base64'), format: 'der', type: 'spki' })
  const text = Buffer.from(`@acme/widget@1.0.0:${dist.integrity}`)
  expect(verify('sha256', text, publicKey, Buffer.from(dist.signatures[0]?.sig ?? '', 'base64'))).toBe(true)
})

test('documents as pnpm, yarn and bun make them', async () => {
  await using door = await openPublishing()
  const own = {
    ...{ dependencies: { a: '^1' }, optionalDependencies: { b: '^2' }, bundledDependencies: ['a'], bin: { tool: './bin/tool.js' } },
    scripts: { build: 'node_modules/.bin/tsc' },
  }
  const make = async (version: string) => {
    const manifest = { name: '@acme/tool', version, ...own }
    return { manifest, tarball: await packed(manifest, { 'bin/tool.js': '', 'server.js': '', 'binding.gyp': '{}' }) }
  }
  const attachment = (tarball: Buffer) => ({
    content_type: 'application/octet-stream',
    data: tarball.toString('base64'),
    length: tarball.length,
  })

  const pnpm = await make('1.0.0')
  expect((await door.put('@acme/tool', npmDocument(pnpm.manifest, pnpm.tarball))).status).toBe(201)

  // Yarn classic takes optional dependencies out, and adds what npm adds for files.
  const yarn = await make('2.0.0')
  const yarnManifest = {
    ...{
      ...yarn.manifest,
      dependencies: { a: '^1' },
      bundledDependencies: undefined,
      bundleDependencies: ['a'],
      bin: { tool: 'bin/tool.js' },
    },
    scripts: { build: 'tsc', start: 'node server.js', install: 'node-gyp rebuild' },
  }
  const yarnDocument = { ...npmDocument(yarnManifest, yarn.tarball), readme: '# Tool', gitHead: 'abc', access: undefined }
  expect((await door.put('@acme/tool', yarnDocument)).status).toBe(201)

  const bun = await make('3.0.0')
  const bunDocument = {
    ...npmDocument(bun.manifest, bun.tarball),
    versions: {
      '3.0.0': {
        ...{
          ...bun.manifest,
          _id: '@acme/tool@3.0.0',
          _integrity: integrityOf(bun.tarball),
          _nodeVersion: '24.3.0',
          _npmVersion: '10.8.3',
        },
        dist: {
          integrity: integrityOf(bun.tarball),
          shasum: shasumOf(bun.tarball),
          tarball: 'http://http://127.0.0.1/@acme/tool/-/tool-3.0.0.tgz',
        },
      },
    },
    _attachments: { 'acme-tool-3.0.0.tgz': attachment(bun.tarball) },
  }
  expect((await door.put('@acme/tool', bunDocument)).status).toBe(201)
  const { versions } = await packument(door, '@acme/tool')
  for (const version of ['1.0.0', '2.0.0', '3.0.0'])
    expect(versions[version]).toMatchObject({
      ...{ dependencies: { a: '^1', b: '^2' }, bundleDependencies: ['a'], bin: { tool: 'bin/tool.js' } },
      scripts: { build: 'tsc', start: 'node server.js', install: 'node-gyp rebuild' },
    })
})

test.each<[string, object, string]>([
  ['name', { name: '@acme/other' }, 'npm.manifest_mismatch'],
  ['version', { version: '1.0.1' }, 'npm.manifest_mismatch'],
  ['dependencies', { dependencies: { evil: '1' } }, 'npm.manifest_mismatch'],
  ['devDependencies', { devDependencies: { evil: '1' } }, 'npm.manifest_mismatch'],
  ['peerDependencies', { peerDependencies: { evil: '1' } }, 'npm.manifest_mismatch'],
  ['scripts', { scripts: { postinstall: 'evil' } }, 'npm.manifest_mismatch'],
  ['bin', { bin: { ls: 'evil.js' } }, 'npm.manifest_mismatch'],
  ['private', { private: true }, 'npm.package_private'],
  ['gati', { gati: { type: 'nonsense' } }, 'packuments.package_json_invalid'],
])('a tarball whose package.json differs from the document in %s is refused, and nothing is visible', async (field, differing, code) => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const tarball = await packed({ ...manifest, ...differing })
  const answer = await door.put('@acme/widget', npmDocument(manifest, tarball))
  expect([answer.status, answer.code]).toEqual([400, code])
  if (code === 'npm.manifest_mismatch') expect(answer.json()).toMatchObject({ details: { field } })
  await isAbsent(door, '@acme/widget')
})

test('what does not fit together in a document is refused', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const tarball = await packed(manifest)
  const good = npmDocument(manifest, tarball)
  const of = (dist: object) => ({ ...good, versions: { '1.0.0': { ...manifest, dist } } })
  const cases: [object, string][] = [
    [of({ integrity: integrityOf(Buffer.from('x')) }), 'npm.integrity_mismatch'],
    [
      of({ integrity: `${integrityOf(tarball)} sha1-${Buffer.from(shasumOf(Buffer.from('x')), 'hex').toString('base64')}` }),
      'npm.integrity_mismatch',
    ],
    [of({ shasum: shasumOf(Buffer.from('x')) }), 'npm.integrity_mismatch'],
    [{ ...good, name: '@acme/other' }, 'npm.manifest_mismatch'],
    [{ ...good, 'dist-tags': { latest: '2.0.0' } }, 'npm.publish_invalid'],
    [{ ...good, 'dist-tags': { 'v1.0': '1.0.0' } }, 'npm.publish_invalid'],
    [{ ...good, 'dist-tags': { '^1': '1.0.0' } }, 'npm.publish_invalid'],
    [{ ...good, versions: {} }, 'npm.publish_invalid'],
    [{ ...good, versions: { '1.0.0': manifest, '1.0.1': manifest } }, 'npm.publish_invalid'],
    [{ ...good, versions: { '1.0': manifest } }, 'npm.publish_invalid'],
    [{ ...good, _attachments: { 'x.sigstore': { data: '{}' } } }, 'npm.publish_invalid'],
    [{ ...good, access: 'secret' }, 'npm.publish_invalid'],
    [{ ...good, _attachments: { ...good._attachments, 'b.tgz': Object.values(good._attachments)[0] } }, 'npm.publish_invalid'],
  ]
  for (const [document, code] of cases) {
    const answer = await door.put('@acme/widget', document)
    expect([answer.status, answer.code]).toEqual([400, code])
  }
  await isAbsent(door, '@acme/widget')
  const several = of({ integrity: `sha384-AAAA ${integrityOf(tarball)}?opt`, shasum: shasumOf(tarball) })
  expect((await door.put('@acme/widget', several)).status).toBe(201)
})

test('D-15: hostile tarballs and documents are refused by the door with their own codes', async () => {
  await using door = await openPublishing({
    settings: { packuments: { maxTarballBytes: 200_000, maxTarballEntries: 50 }, npm: { maxDocumentBytes: 50_000 } },
  })
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const packageJson = { name: 'package/package.json', content: JSON.stringify(manifest) }
  const link = await tgz([packageJson, { name: 'package/x', type: 'symlink', linkname: '/etc/passwd' }])
  const many = await tgz([packageJson, ...Array.from({ length: 60 }, (_, index) => ({ name: `package/${index}` }))])
  const large = await packed(manifest, {
    noise: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))
      .toString('hex')
      .repeat(5),
  })
  const cases: [Buffer, number, string][] = [
    [link, 400, 'packuments.tarball_entry_refused'],
    [many, 413, 'packuments.tarball_too_large'],
    [Buffer.concat([large, Buffer.alloc(200_000)]), 413, 'packuments.tarball_too_large'],
    [Buffer.from('no tarball'), 400, 'packuments.tarball_invalid'],
  ]
  for (const [tarball, status, code] of cases) {
    const answer = await door.put('@acme/widget', npmDocument(manifest, tarball))
    expect([answer.status, answer.code]).toEqual([status, code])
  }
  const padded = { ...npmDocument(manifest, await packed(manifest)), readme: 'x'.repeat(60_000) }
  expect((await door.put('@acme/widget', padded)).code).toBe('npm.document_too_large')
  const text = JSON.stringify(npmDocument(manifest, await packed(manifest)))
  expect((await door.put('@acme/widget', text.replace('"_id"', '"__proto__":{"a":1},"_id"'))).code).toBe('request.invalid_json')
  expect((await door.put('@acme/widget', '[]')).code).toBe('request.invalid_json')
  const gzipped = await door.send('PUT', '/npm/@acme%2fwidget', { as: 'ann', body: text, headers: { 'content-encoding': 'gzip' } })
  expect([gzipped.status, gzipped.code]).toEqual([415, 'request.unsupported_encoding'])
  await isAbsent(door, '@acme/widget')
})

test('who may not publish is told before the body is read, and before the tarball', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const broken = { ...npmDocument(manifest, Buffer.from('this would be refused as a tarball')) }
  expect((await door.send('PUT', '/npm/@acme%2fwidget', { body: 'not even JSON' })).status).toBe(401)
  expect((await door.put('@acme/widget', broken, 'bob')).status).toBe(404)
  expect((await door.put('@nobody/widget', { ...broken, name: undefined, versions: {} })).status).toBe(404)
  expect((await door.publish('@acme/widget', '1.0.0')).status).toBe(201)
  const again = await door.put('@acme/widget', broken)
  expect([again.status, again.code]).toEqual([409, 'metadata.version_exists'])
  expect((await door.put('UPPER', broken)).code).toBe('npm.name_invalid')
})

test('attachments may come first', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const { _attachments, ...rest } = npmDocument(manifest, await packed(manifest))
  expect((await door.put('@acme/widget', { _attachments, ...rest })).status).toBe(201)
})

test('publishing moves the tags it names, and latest only when there is none', async () => {
  await using door = await openPublishing()
  for (const [version, tag] of [
    ['1.0.0', 'beta'],
    ['2.0.0', 'latest'],
    ['3.0.0', 'next'],
    ['1.1.0', 'v1-lts'],
  ] as const)
    expect((await door.publish('left-pad', version, { tag })).status).toBe(201)
  expect((await packument(door, 'left-pad'))['dist-tags']).toEqual({ beta: '1.0.0', latest: '2.0.0', next: '3.0.0', 'v1-lts': '1.1.0' })
})

test('a new scoped package is seen by whom its namespace says, or restricted, and later publishes change nothing', async () => {
  await using door = await openPublishing()
  const publish = async (name: string, version: string, access: unknown) => {
    const manifest = { name, version }
    return door.put(name, npmDocument(manifest, await packed(manifest), { access }))
  }
  expect((await publish('@acme/open', '1.0.0', 'public')).status).toBe(201)
  expect((await publish('@acme/closed', '1.0.0', 'restricted')).status).toBe(201)
  expect((await publish('@acme/closed', '1.0.1', 'public')).status).toBe(201)
  expect((await publish('unscoped', '1.0.0', 'restricted')).code).toBe('npm.publish_invalid')
  // npm 11 says public with every publish: that makes nothing public in a private namespace.
  expect((await door.send('GET', '/npm/@acme%2fopen')).status).toBe(401)
  await door.sql`update namespaces set visibility = 'public' where name = 'acme'`
  await expect.poll(async () => (await door.send('GET', '/npm/@acme%2fopen')).status, { timeout: 10_000 }).toBe(200)
  expect((await door.send('GET', '/npm/@acme%2fclosed', { as: 'bob' })).status).toBe(404)
})

test('D-6: 25 versions published at once are all kept, each with its tag', async () => {
  await using door = await openPublishing()
  const versions = Array.from({ length: 25 }, (_, index) => `1.${index}.0`)
  const answers = await Promise.all(versions.map((version, index) => door.publish('@acme/widget', version, { tag: `of-${index}` })))
  expect(answers.map(({ status }) => status)).toEqual(versions.map(() => 201))
  const document = await packument(door, '@acme/widget')
  expect(Object.keys(document.versions).sort()).toEqual([...versions].sort())
  const { latest, ...tags } = document['dist-tags']
  expect(tags).toEqual(Object.fromEntries(versions.map((version, index) => [`of-${index}`, version])))
  expect(versions).toContain(latest)
}, 60_000)

test('D-5: of 200 publishes of one version over npm and REST one wins, and its bytes are served', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const tarballs = await Promise.all(Array.from({ length: 200 }, (_, index) => packed(manifest, { 'index.js': String(index) })))
  const rest = { 'content-type': 'application/octet-stream', 'x-artifact-type': 'module-node' }
  const answers = await Promise.all(
    tarballs.map((tarball, index) =>
      index % 2 === 0
        ? door.put('@acme/widget', npmDocument(manifest, tarball))
        : door.send('POST', '/v1/artifacts/acme/widget/1.0.0?format=npm', { as: 'ann', body: tarball, headers: rest }),
    ),
  )
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(199)
  const winner = tarballs[statuses.indexOf(201)] ?? Buffer.alloc(0)
  const served = await door.send('GET', '/npm/@acme/widget/-/widget-1.0.0.tgz', { as: 'ann' })
  expect(served.bytes.equals(winner)).toBe(true)
  expect((await packument(door, '@acme/widget')).versions['1.0.0']).toMatchObject({ dist: { integrity: integrityOf(winner) } })
}, 120_000)

test('D-2: a body that is cut leaves nothing visible, and the same publish then succeeds', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('hex')
  const tarball = await packed(manifest, { noise: noise.repeat(30) + noise })
  const body = JSON.stringify(npmDocument(manifest, tarball))
  for (const share of [0.1, 0.5, 0.99]) {
    await abort(door, body, Math.floor(body.length * share))
    await isAbsent(door, '@acme/widget')
  }
  expect((await door.put('@acme/widget', body)).status).toBe(201)
})

test('a version that streams to the store while it arrives is the same as one that waits in memory', async () => {
  await using door = await openPublishing()
  const manifest = { name: '@acme/large', version: '1.0.0' }
  const parts = Array.from({ length: 60 }, () => Buffer.from(crypto.getRandomValues(new Uint8Array(50_000))))
  const tarball = await packed(manifest, { noise: Buffer.concat(parts) })
  expect(tarball.length).toBeGreaterThan(2_000_000)
  expect((await door.put('@acme/large', npmDocument(manifest, tarball))).status).toBe(201)
  const served = await door.send('GET', '/npm/@acme/large/-/large-1.0.0.tgz', { as: 'ann' })
  expect(served.bytes.equals(tarball)).toBe(true)
})

/** Sends the first bytes of a body and leaves. */
function abort(door: PublishingDoor, body: string, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(door.origin)
    const headers = { authorization: door.basic('ann'), 'content-length': Buffer.byteLength(body), 'content-type': 'application/json' }
    const sending = request({ hostname, port, method: 'PUT', path: '/npm/@acme%2fwidget', headers })
    sending.on('error', () => resolve()).on('close', () => resolve())
    sending.write(body.slice(0, bytes), () => setTimeout(() => sending.destroy(), 50))
  })
}
