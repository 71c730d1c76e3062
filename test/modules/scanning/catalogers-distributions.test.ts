import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { filesOf } from './cataloged-files.ts'
import { cataloged, parseOsRelease } from './open-scanning.ts'
import { berkeleyOf, ndbOf, rpmHeaderOf } from './package-databases.ts'

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'

test('dpkg: status, and status.d of images without dpkg; the source package is what advisories name', () => {
  const status = [
    'Package: libssl3',
    'Status: install ok installed',
    'Source: openssl (3.0.15-1~deb12u1)',
    'Version: 3.0.15-1~deb12u1+b1',
    'Description: x',
    ' Version: 9',
    '',
    'Package: gone',
    'Status: deinstall ok config-files',
    'Version: 1.0',
    '',
    'Package: bash',
    'Status: install ok installed',
    'Version: 5.2.15-2',
    '',
  ].join('\n')
  const found = cataloged(
    filesOf({
      'var/lib/dpkg/status': status,
      'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\n',
      'var/lib/dpkg/status.d/base.md5sums': 'x',
    }),
    parseOsRelease(debian),
  )
  expect(found.map(({ purl, ecosystem, source }) => [purl, ecosystem, source?.name, source?.version])).toEqual([
    ['pkg:deb/debian/libssl3@3.0.15-1~deb12u1+b1?distro=debian-12', 'Debian:12', 'openssl', '3.0.15-1~deb12u1'],
    ['pkg:deb/debian/bash@5.2.15-2?distro=debian-12', 'Debian:12', 'bash', '5.2.15-2'],
    ['pkg:deb/debian/base-files@12.4?distro=debian-12', 'Debian:12', 'base-files', '12.4'],
  ])
})

test('apk: the installed database', () => {
  const installed = [
    'C:Q1x=',
    'P:libcrypto3',
    'V:3.3.1-r3',
    'A:x86_64',
    'L:Apache-2.0',
    'o:openssl',
    'F:lib',
    'R:libcrypto.so.3',
    '',
    'P:busybox',
    'V:1.36.1-r29',
    'L:GPL-2.0-only AND MIT',
    'o:busybox',
    '',
  ].join('\n')
  const found = cataloged(filesOf({ 'lib/apk/db/installed': installed }), parseOsRelease('ID=alpine\nVERSION_ID=3.20.3\n'))
  expect(found).toMatchObject([
    {
      purl: 'pkg:apk/alpine/libcrypto3@3.3.1-r3?distro=alpine-3.20.3',
      ecosystem: 'Alpine:v3.20',
      source: { name: 'openssl', version: '3.3.1-r3' },
    },
    { name: 'busybox', licenses: ['GPL-2.0-only', 'MIT'] },
  ])
})

test('rpm: the database as SQLite, as Packages.db and as Berkeley DB', async () => {
  const headers = [
    rpmHeaderOf({
      name: 'openssl-libs',
      version: '3.0.7',
      release: '27.el9',
      epoch: 1,
      license: 'ASL 2.0',
      sourceRpm: 'openssl-3.0.7-27.el9.src.rpm',
    }),
    rpmHeaderOf({ name: 'bash', version: '5.1.8', release: '9.el9', license: 'x'.repeat(9_000), sourceRpm: 'bash-5.1.8-9.el9.src.rpm' }),
    rpmHeaderOf({ name: 'gpg-pubkey', version: 'fd431d51', release: '4ae0493b' }),
    Buffer.from('nonsense'),
  ]
  const folder = await mkdtemp(join(tmpdir(), 'gati-rpm-'))
  const database = new DatabaseSync(join(folder, 'db'))
  database.exec('create table Other (x); create table Packages (hnum integer primary key autoincrement, blob blob not null)')
  const insert = database.prepare('insert into Packages (blob) values (?)')
  // More than a page of the tree, and more than a page of a row.
  for (let at = 0; at < 60; at += 1)
    insert.run(rpmHeaderOf({ name: `filler-${at}`, version: '1', release: '1', license: 'l'.repeat(3_000), sourceRpm: '' }))
  for (const header of headers) insert.run(header)
  database.close()
  const sqlite = await readFile(join(folder, 'db'))
  await rm(folder, { recursive: true })
  const rocky = parseOsRelease('ID="rocky"\nVERSION_ID="9.4"\n')
  const wanted = ['pkg:rpm/rocky/bash@5.1.8-9.el9?distro=rocky-9.4', 'pkg:rpm/rocky/openssl-libs@1:3.0.7-27.el9?distro=rocky-9.4']
  const found = cataloged(filesOf({ 'var/lib/rpm/rpmdb.sqlite': sqlite }), rocky)
  expect(found).toHaveLength(62)
  expect(
    found
      .filter(({ name }) => !name.startsWith('filler'))
      .map(({ purl }) => purl)
      .sort(),
  ).toEqual(wanted)
  expect(found.find(({ name }) => name === 'openssl-libs')).toMatchObject({
    ecosystem: 'Rocky Linux:9',
    source: { name: 'openssl', version: '3.0.7-27.el9' },
  })
  for (const [path, content] of [
    ['var/lib/rpm/Packages', berkeleyOf(headers)],
    ['usr/lib/sysimage/rpm/Packages.db', ndbOf(headers)],
  ] as const)
    expect([
      path,
      cataloged(filesOf({ [path]: content }), rocky)
        .map(({ purl }) => purl)
        .sort(),
    ]).toEqual([path, wanted])
})
