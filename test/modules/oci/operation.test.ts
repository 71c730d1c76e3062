import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseOperation } from '../../../src/modules/oci/operation.ts'

const digest = `sha256:${'0'.repeat(64)}`

test('every operation of the distribution-spec is found from the end of the path', () => {
  expect(parseOperation('a/manifests/latest')).toEqual({ kind: 'manifest', repository: 'a', reference: 'latest' })
  expect(parseOperation(`a/b/manifests/${digest}`)).toEqual({ kind: 'manifest', repository: 'a/b', reference: digest })
  expect(parseOperation(`a/b/c/blobs/${digest}`)).toEqual({ kind: 'blob', repository: 'a/b/c', digest })
  expect(parseOperation('a/blobs/uploads/')).toEqual({ kind: 'uploads', repository: 'a' })
  expect(parseOperation('a/blobs/uploads')).toEqual({ kind: 'uploads', repository: 'a' })
  expect(parseOperation('a/blobs/uploads/1-2')).toEqual({ kind: 'upload', repository: 'a', session: '1-2' })
  expect(parseOperation('a/tags/list')).toEqual({ kind: 'tags', repository: 'a' })
  expect(parseOperation(`a/referrers/${digest}`)).toEqual({ kind: 'referrers', repository: 'a', digest })
  expect(parseOperation('_catalog')).toEqual({ kind: 'catalog' })
})

test('repositories may be called like routes', () => {
  expect(parseOperation('tags/list/tags/list')).toEqual({ kind: 'tags', repository: 'tags/list' })
  expect(parseOperation('a/blobs/uploads/manifests/list')).toEqual({ kind: 'manifest', repository: 'a/blobs/uploads', reference: 'list' })
  expect(parseOperation('a/manifests/blobs/uploads/x')).toEqual({ kind: 'upload', repository: 'a/manifests', session: 'x' })
  expect(parseOperation('blobs/uploads/blobs/uploads/')).toEqual({ kind: 'uploads', repository: 'blobs/uploads' })
})

test('anything else is no operation', () => {
  for (const path of [
    ...['', '/', 'a', 'a/b', 'manifests/latest', '/manifests/latest', 'a/manifests/', 'a/manifests', 'a/tags', 'a/tags/', 'a/tags/other'],
    ...[
      'blobs/uploads/',
      '/blobs/uploads/x',
      'a/uploads/x',
      'a/blobs/',
      `referrers/${digest}`,
      '_catalog/',
      'a/tags/list/',
      'a/referrers/',
    ],
  ])
    expect(parseOperation(path), path).toBeUndefined()
})

test('every text parses to at most one operation, whose parts are in it', () => {
  const segment = fc.constantFrom('a', 'blobs', 'uploads', 'manifests', 'tags', 'list', 'referrers', '_catalog', '', '..', digest)
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
      const path = segments.join('/')
      const operation = parseOperation(path)
      if (!operation || operation.kind === 'catalog') return
      expect(path.startsWith(`${operation.repository}/`)).toBe(true)
      expect(operation.repository).not.toBe('')
      for (const part of ['reference', 'digest', 'session'] as const)
        if (part in operation) expect(path.endsWith(`/${Reflect.get(operation, part)}`)).toBe(true)
    }),
  )
})
