import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
// Declarations are for module authors, so only what package.json exports, and what that stands on, gets them.
const compilers = ['tsconfig.build.json', 'tsconfig.types.json'].map((project) =>
  spawn('tsc', ['-p', project], { cwd: root, stdio: 'inherit' }),
)
const statuses = await Promise.all(compilers.map(async (compiler): Promise<unknown> => (await once(compiler, 'close'))[0]))
if (statuses.some((status) => status !== 0)) process.exit(1)

// tsc copies nothing but code: templates, schemas and other files a module reads at run time travel here.
for (const entry of globSync('src/**/*', { cwd: root, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith('.ts') || entry.name.endsWith('.md')) continue
  const from = join(entry.parentPath, entry.name)
  const to = join(dist, from.slice(root.length + 1))
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}

const cli = join(dist, 'src/cli/main.js')
if (existsSync(cli)) chmodSync(cli, 0o755)
