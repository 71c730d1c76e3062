import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MergedFiles } from '../../../../src/modules/scanning/analysis/walk/merged-files.ts'

type Layer = readonly (readonly [path: string, content: string | 'whiteout' | 'directory'])[]

function merged(layers: readonly Layer[]): Record<string, string> {
  const files = new MergedFiles<string>()
  for (const layer of layers) {
    for (const [path, content] of layer) {
      files.names(path, content === 'directory' ? 'directory' : 'file')
      if (content !== 'directory' && !/(^|\/)\.wh\./.test(path)) files.set(path, content)
    }
    files.endLayer()
  }
  return Object.fromEntries([...files.files()].sort())
}

test('upper files cover lower ones, whiteouts take files and folders away', () => {
  const lower: Layer = [
    ['etc/os-release', 'old'],
    ['app/a', '1'],
    ['app/lib/b', '2'],
    ['app/lib/c', '3'],
  ]
  expect(
    merged([
      lower,
      [
        ['etc/os-release', 'new'],
        ['app/.wh.a', ''],
      ],
    ]),
  ).toEqual({ 'etc/os-release': 'new', 'app/lib/b': '2', 'app/lib/c': '3' })
  expect(merged([lower, [['app/.wh.lib', '']]])).toEqual({ 'etc/os-release': 'old', 'app/a': '1' })
})

test('an opaque folder shows only what its own layer put there, in whatever order', () => {
  const lower: Layer = [
    ['app/lib/b', '2'],
    ['app/z', '0'],
  ]
  const expected = { 'app/lib/new': '4', 'app/z': '0' }
  expect(
    merged([
      lower,
      [
        ['app/lib/.wh..wh..opq', ''],
        ['app/lib/new', '4'],
      ],
    ]),
  ).toEqual(expected)
  expect(
    merged([
      lower,
      [
        ['app/lib/new', '4'],
        ['app/lib/.wh..wh..opq', ''],
      ],
    ]),
  ).toEqual(expected)
})

test('a file where a folder was takes the folder away, and a whiteout covers nothing of its own layer', () => {
  expect(merged([[['app/lib/b', '2']], [['app/lib', 'now a file']]])).toEqual({ 'app/lib': 'now a file' })
  expect(
    merged([
      [['a', 'old']],
      [
        ['.wh.a', ''],
        ['a', 'new'],
      ],
    ]),
  ).toEqual({ a: 'new' })
})

test('P6 merging layers is what a file system of them shows', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const change = fc.oneof(
    fc.tuple(path, fc.constantFrom('1', '2', '3')),
    path.map((target) => [target.replace(/([^/]+)$/, '.wh.$1'), ''] as const),
  )
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 4 }), (layers) => {
      const sane = layers.map(withoutConflicts)
      expect(merged(sane)).toEqual(simulated(sane))
    }),
    { numRuns: 300 },
  )
})

/** One layer is a file system of its own: no name is both a file and a folder, or both there and taken away. */
function withoutConflicts(layer: Layer): Layer {
  const kept: (readonly [string, string])[] = []
  for (const entry of layer) {
    const path = entry[0].replace('.wh.', '')
    const clashes = kept.some(
      ([other]) => `${other.replace('.wh.', '')}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${other.replace('.wh.', '')}/`),
    )
    if (!clashes) kept.push(entry)
  }
  return kept
}

function simulated(layers: readonly Layer[]): Record<string, string> {
  const files = new Map<string, string>()
  for (const [path, content] of layers.flat()) {
    const target = path.replace('.wh.', '')
    const folders = [...target.matchAll(/\//g)].map(({ index }) => target.slice(0, index))
    for (const gone of [...files.keys()].filter((file) => file === target || file.startsWith(`${target}/`) || folders.includes(file)))
      files.delete(gone)
    if (path === target) files.set(target, content)
  }
  return Object.fromEntries([...files].sort())
}
