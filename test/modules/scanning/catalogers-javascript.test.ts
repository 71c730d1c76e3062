import { expect, test } from 'vitest'
import { filesOf, purls } from './cataloged-files.ts'
import { cataloged } from './open-scanning.ts'

test('npm: what is installed, and what the package at hand pins', () => {
  const found = cataloged(
    filesOf({
      'package/package.json': {
        name: '@acme/app',
        version: '1.0.0',
        license: 'MIT',
        dependencies: { a: '1.2.3', b: '^2.0.0', c: 'npm:@x/real@3.0.0' },
      },
      'package/node_modules/@scope/inner/package.json': {
        name: '@scope/inner',
        version: '0.1.0',
        licenses: [{ type: 'ISC' }],
        dependencies: { z: '9.9.9' },
      },
      'package/node_modules/broken/package.json': '{',
    }),
  )
  expect(found.map(({ purl }) => purl).sort()).toEqual([
    'pkg:npm/%40acme/app@1.0.0',
    'pkg:npm/%40scope/inner@0.1.0',
    'pkg:npm/%40x/real@3.0.0',
    'pkg:npm/a@1.2.3',
  ])
  expect(found.find(({ name }) => name === '@scope/inner')).toEqual({
    ...{ purl: 'pkg:npm/%40scope/inner@0.1.0', ecosystem: 'npm', name: '@scope/inner', version: '0.1.0' },
    ...{ path: 'package/node_modules/@scope/inner/package.json', licenses: ['ISC'] },
  })
})

test('npm: lock files of all three versions', () => {
  const nested = {
    lockfileVersion: 1,
    dependencies: {
      a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } },
      c: { version: 'npm:d@3.0.0' },
      e: { version: 'git+https://x.example/e' },
    },
  }
  const flat = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/@s/b': { version: '2.0.0' },
      'node_modules/c': { name: 'd', version: '3.0.0' },
      'packages/w': { version: '1.0.0' },
      'node_modules/w': { link: true, resolved: 'packages/w' },
    },
  }
  expect(purls({ 'app/package-lock.json': nested })).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/b@2.0.0', 'pkg:npm/d@3.0.0'])
  expect(purls({ 'app/npm-shrinkwrap.json': flat })).toEqual(['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/d@3.0.0'])
})

test('npm: yarn.lock of yarn 1 and of yarn 4', () => {
  const classic = [
    '# yarn lockfile v1',
    '',
    '"@babel/core@^7.0.0", "@babel/core@^7.1.0":',
    '  version "7.1.2"',
    '  dependencies:',
    '    version "^1.0.0"',
    '',
    'left-pad@1.3.0:',
    '  version "1.3.0"',
    '',
    '"alias@npm:real@^1.0.0":',
    '  version "1.0.1"',
    '',
  ].join('\n')
  expect(purls({ 'yarn.lock': classic })).toEqual(['pkg:npm/%40babel/core@7.1.2', 'pkg:npm/left-pad@1.3.0', 'pkg:npm/real@1.0.1'])
  const berry = [
    '__metadata:',
    '  version: 8',
    '',
    '"@babel/core@npm:^7.0.0":',
    '  version: 7.1.2',
    '  resolution: "@babel/core@npm:7.1.2"',
    '',
    '"app@workspace:.":',
    '  version: 0.0.0-use.local',
    '  resolution: "app@workspace:."',
    '',
  ].join('\n')
  expect(purls({ 'yarn.lock': berry })).toEqual(['pkg:npm/%40babel/core@7.1.2'])
  expect(purls({ 'yarn.lock': '__metadata:\n a: &a [1]\n b: [*a,*a]' })).toEqual([])
})

test('npm: pnpm-lock.yaml of versions 5, 6 and 9', () => {
  const of = (...keys: string[]) =>
    purls({ 'pnpm-lock.yaml': `packages:\n${keys.map((key) => `  ${key}:\n    resolution: {integrity: x}\n`).join('')}` })
  const all = ['pkg:npm/%40s/a@1.0.0', 'pkg:npm/b@2.0.0-rc.1']
  expect(of('/@s/a/1.0.0', '/b/2.0.0-rc.1_react@18.0.0')).toEqual(all)
  expect(of('/@s/a@1.0.0', '/b@2.0.0-rc.1(react@18.0.0)')).toEqual(all)
  expect(of("'@s/a@1.0.0'", 'b@2.0.0-rc.1')).toEqual(all)
})
