#!/usr/bin/env node
// Everything else is loaded late, so that an older Node says what is wrong instead of a syntax error or nothing.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`gati-registry: Node 24 or newer is needed, this is ${process.version}\n`)
  process.exitCode = 1
} else {
  const { runCli } = await import('./program.ts')
  process.exitCode = await runCli(process.argv.slice(2), process.env)
}

export {}
