import { createHash } from 'node:crypto'
import { createReadStream, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createGunzip, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'

// Makes fixtures of published packages: `node scripts/reduce-package.ts <folder> <tarball>...`. What comparisons read stays as it is: package.json,
// declarations, the names of all files. The content of every other file becomes its own digest, so that it still differs where it differed.

const [folder, ...tarballs] = process.argv.slice(2)
if (folder === undefined || tarballs.length === 0) throw new Error('usage: node scripts/reduce-package.ts <folder> <tarball>...')
for (const tarball of tarballs) writeFileSync(join(folder, basename(tarball)), await reduced(tarball))

async function reduced(tarball: string): Promise<Buffer> {
  const archive = createReadStream(tarball).pipe(createGunzip()).pipe(extract())
  const files: { readonly name: string; readonly content: Buffer }[] = []
  for await (const entry of archive) {
    const chunks: Buffer[] = []
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk)
    const { name, type } = entry.header
    if (type === 'file') files.push({ name: name.replace(/^[^/]+\//, 'package/'), content: kept(name, Buffer.concat(chunks)) })
  }
  const result = pack()
  for (const { name, content } of files.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
    result.entry({ name, mtime: new Date(0), mode: 0o644 }, content)
  result.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of result) chunks.push(chunk as Buffer)
  return gzipSync(Buffer.concat(chunks), { level: 9 })
}

function kept(name: string, content: Buffer): Buffer {
  if (name.endsWith('/package.json')) return Buffer.from(JSON.stringify(withoutTools(JSON.parse(content.toString('utf8'))), undefined, 1))
  if (/\.d\.[cm]?ts$/.test(name)) return Buffer.from(withoutProse(content.toString('utf8')))
  return Buffer.from(createHash('sha256').update(content).digest('hex').slice(0, 16))
}

/** Comments that comparisons do not read. */
function withoutProse(text: string): string {
  return text.replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*\r?\n/gm, (comment) => (/@(?:internal|private)\b/.test(comment) ? comment : ''))
}

/** Of no interest to users of the package. */
function withoutTools(manifest: Record<string, unknown>): Record<string, unknown> {
  const dropped = [
    'devDependencies',
    'scripts',
    'eslintConfig',
    'prettier',
    'jest',
    'ava',
    'xo',
    'c8',
    'nyc',
    'tap',
    'husky',
    'lint-staged',
    'commitlint',
  ]
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => !dropped.includes(name)))
}
