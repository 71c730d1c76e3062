// Runs every program of bench/, or those whose names are given: `npm run bench -- publish`. What begins with `--` is told to each of them.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../bench/', import.meta.url)
const given = process.argv.slice(2)
const options = given.filter((word) => word.startsWith('--'))
const wanted = given.filter((word) => !word.startsWith('--'))
const programs = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

const unknown = wanted.filter((name) => !programs.includes(name))
if (unknown.length > 0) throw new Error(`no benchmark is called ${unknown.join(', ')}; there are ${programs.join(', ')}`)

for (const name of wanted.length > 0 ? wanted : programs) {
  process.stdout.write(`\n== ${name}\n`)
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.ts`, folder)), ...options], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
