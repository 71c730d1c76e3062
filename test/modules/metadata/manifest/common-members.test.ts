import { expect, test } from 'vitest'
import { validateArtifactManifest } from '../../../../src/modules/metadata/manifest/validate-artifact-manifest.ts'
import { accepts, changed, rejects, removed } from './manifest-cases.ts'
import { seedManifests } from './seed-manifests.ts'

const wasm = seedManifests['module-wasm']
const node = { version: '2.1.0', timestamp: '2025-11-23T10:00:00Z', gtypeHash: 'abc123', parentVersions: ['2.0.0'] }

accepts('module-wasm', {
  'with members nobody knows': { ...wasm, homepage: 'https://example.org', 'x-team': { a: [1, null, true] } },
  'with its own namespace and type': { ...wasm, namespace: 'gati.dev/users/krishna', type: 'module-wasm' },
  'with a scoped name': { ...wasm, name: '@krishna/user-auth' },
  'with an optional gtype field': changed(wasm, '/gtypes/0/fields/remember?', 'boolean?'),
  'with a field named like a member of every object': changed(wasm, '/gtypes/0/fields/constructor', 'string'),
  'with dependencies across namespaces': changed(wasm, '/dependencies/-', {
    name: 'gati.dev/orgs/acme/db',
    version: '>=1 <3',
    optional: true,
  }),
  'with a full version node': changed(wasm, '/timescape/versionGraph/0', {
    ...node,
    manifestHash: 'f0',
    deprecated: true,
    deprecationReason: 'old',
  }),
  'with breaking changes and transformers': changed(wasm, '/timescape', {
    breakingChanges: [{ fromVersion: '1.0.0', toVersion: '2.0.0', changes: [{ removed: 'x' }], migrationGuide: '# How' }],
    transformers: [{ fromVersion: '1.x', toVersion: '2.x', transformerArtifact: 'user-auth-v1-to-v2', transformerVersion: '1.0.0' }],
    compatibilityNotes: ['needs 18'],
  }),
})

rejects('module-wasm', wasm, {
  'no name': { path: '/name', to: removed },
  'a name that climbs': { path: '/name', to: '../user-auth' },
  'a name with a version': { path: '/name', to: 'user-auth:1.0.0' },
  'no version': { path: '/version', to: removed },
  'a version with v': { path: '/version', to: 'v2.1.0' },
  'a range for a version': { path: '/version', to: '^2.1.0' },
  'a description that is a number': { path: '/description', to: 1 },
  'an author that is an object': { path: '/author', to: { name: 'Krishna' } },
  'an empty license': { path: '/license', to: '' },
  'keywords in one text': { path: '/keywords', to: 'auth, jwt' },
  'a keyword that is null': { path: '/keywords/1', to: null },
  'the type of something else': { path: '/type', to: 'plugin' },
  'a namespace in capitals': { path: '/namespace', to: 'Krishna' },
  'dependencies as a map': { path: '/dependencies', to: { 'crypto-utils': '^1.0.0' } },
  'a dependency without range': { path: '/dependencies/0/version', to: removed },
  'a dependency with a tag for a range': { path: '/dependencies/0/version', to: 'latest' },
  'a dependency with a hostile name': { path: '/dependencies/0/name', to: '%2e%2e/etc' },
  'a dependency twice, spelled in two ways': {
    path: '/dependencies',
    to: [
      { name: '@acme/db', version: '1.x' },
      { name: 'gati.dev/orgs/acme/db', version: '2.x' },
    ],
    at: '/dependencies/1/name',
  },
  'gtypes as a map': { path: '/gtypes', to: { LoginRequest: { email: 'string' } } },
  'a gtype without fields': { path: '/gtypes/0/fields', to: removed },
  'a gtype field that is an object': { path: '/gtypes/0/fields/email', to: { type: 'string' } },
  'a gtype field with a line break in its name and a number for a type': { path: '/gtypes/0/fields/a\nb', to: 1 },
  'a gtype with blanks in its name': { path: '/gtypes/1/name', to: 'Login Response' },
  'a gtype twice': { path: '/gtypes/1/name', to: 'LoginRequest' },
  'capabilities in one text': { path: '/capabilities', to: 'db:read' },
  'a capability with blanks': { path: '/capabilities/0', to: 'db read' },
  'a gatiVersion that is no range': { path: '/gatiVersion', to: 'newest' },
  'a version node at no time': { path: '/timescape/versionGraph/0/timestamp', to: '2025-02-30T10:00:00Z' },
  'a version node with parents that are ranges': { path: '/timescape/versionGraph/0/parentVersions/0', to: '2.x' },
  'timescape as a list': { path: '/timescape', to: [] },
})

test('every problem is reported at once, each with its path and what would have been right', () => {
  const manifest = { ...wasm, version: '1', license: 5, config: { wasmFile: 'a.js', wasi: 'yes' } }
  expect(validateArtifactManifest('module-wasm', manifest)).toEqual([
    { path: '/version', message: 'does not fit: it is the text "1"', expected: 'a semantic version such as 1.2.3' },
    { path: '/license', message: 'does not fit: it is the number 5', expected: 'string' },
    { path: '/config/wasmFile', message: 'does not fit: it is the text "a.js"', expected: 'a relative path that ends in .wasm' },
    { path: '/config/wasi', message: 'does not fit: it is the text "yes"', expected: 'boolean' },
  ])
})

test('a missing member says what it should have been', () => {
  expect(validateArtifactManifest('module-wasm', changed(wasm, '/config', removed))).toEqual([
    { path: '/config', message: 'is missing', expected: 'an object' },
  ])
})

test('a long list of problems ends after a hundred', () => {
  expect(validateArtifactManifest('module-wasm', { ...wasm, keywords: Array.from({ length: 500 }, () => 1) })).toHaveLength(100)
})
