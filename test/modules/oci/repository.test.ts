import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRepository, repositoryText } from '../../../src/modules/oci/repository.ts'

test('the first segment is the namespace, and one segment is of library', () => {
  expect(parseRepository('nginx')).toEqual({ namespace: 'library', name: 'nginx', format: 'oci' })
  expect(parseRepository('acme/api')).toEqual({ namespace: 'acme', name: 'api', format: 'oci' })
  expect(parseRepository('acme/team/api')).toEqual({ namespace: 'acme', name: 'team/api', format: 'oci' })
})

test('other formats are under their prefix', () => {
  expect(parseRepository('npm/acme/widget')).toEqual({ namespace: 'acme', name: 'widget', format: 'npm' })
  for (const text of ['npm/left-pad', 'npm/library/left-pad'])
    expect(parseRepository(text)).toEqual({ namespace: 'library', name: 'left-pad', format: 'npm' })
  expect(parseRepository('model/acme/llm')).toEqual({ namespace: 'acme', name: 'llm', format: 'model' })
  expect(parseRepository('generic/acme/tools/cli')).toEqual({ namespace: 'acme', name: 'tools/cli', format: 'generic' })
  expect(parseRepository('npm')).toEqual({ namespace: 'library', name: 'npm', format: 'oci' })
})

test('D-14: what no artifact can be called parses to nothing', () => {
  for (const text of [
    ...['', '/', 'a/', '/a', 'a//b', 'A/b', 'a/B', 'a/../b', '..', 'a/.', 'a/-b', 'a/b-', 'a/b..c', 'a/b___c', 'a.b/c', 'a_b/c', 'a--b/c'],
    ...['a/b c', 'a/b%2fc', 'a/b\0', 'а/b', 'a/b\n', 'a\\b', 'npm/a/b/c', `${'a'.repeat(40)}/b`, `a/${'b'.repeat(254)}`],
  ])
    expect(parseRepository(text), JSON.stringify(text)).toBeUndefined()
})

test('the text of a repository reads back as the same repository', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.constantFrom('npm', 'model', 'generic', 'oci', 'library')), { minLength: 1, maxLength: 5 }),
      (segments) => {
        const ref = parseRepository(segments.join('/'))
        if (ref) expect(parseRepository(repositoryText(ref))).toEqual(ref)
      },
    ),
  )
})
