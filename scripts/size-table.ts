import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Prints how the code is growing: sizes, comments, dependencies. A trend to look at, never a gate. */
const root = join(import.meta.dirname, '..')
const isComment = (line: string) => /^\s*(\/\/|\/\*|\*)/.test(line)

const files = globSync('src/**/*.ts', { cwd: root }).map((path) => {
  const lines = readFileSync(join(root, path), 'utf8').trimEnd().split('\n')
  return { path, lines: lines.length, comments: lines.filter(isComment).length }
})

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function row(name: string, chosen: readonly { lines: number }[]): Record<string, string | number> {
  const sizes = chosen.map((file) => file.lines).sort((a, b) => a - b)
  return { kind: name, files: sizes.length, median: percentile(sizes, 0.5), p90: percentile(sizes, 0.9), max: sizes.at(-1) ?? 0 }
}

const under = (part: RegExp) => files.filter((file) => part.test(file.path))
console.table([
  row('all of src', files),
  row('handlers', under(/\/handlers\//)),
  row('effects', under(/\/effects\//)),
  row('services', under(/\.service\.ts$/)),
  row(
    'module.ts, app.ts',
    files.filter((file) => ['module.ts', 'app.ts'].includes(basename(file.path))),
  ),
  row('kernel', under(/^src\/shared\/kernel\//)),
])

const lines = files.reduce((sum, file) => sum + file.lines, 0)
const comments = files.reduce((sum, file) => sum + file.comments, 0)
const manifest: { dependencies: object; devDependencies: object } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
console.log(`lines ${lines}, comments ${((100 * comments) / Math.max(1, lines)).toFixed(1)} %`)
console.log(`dependencies ${Object.keys(manifest.dependencies).length}, dev ${Object.keys(manifest.devDependencies).length}`)
