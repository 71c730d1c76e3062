import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folders = ['analysis', 'catalogers'] as const
/** What is run, and lists of names; neither declarations nor maps, which say nothing of what is found. */
const counted = /\.(?:ts|js|txt)$/
const declarations = /\.d\.ts$/

/** A digest of what unpacks and judges content, as it lies beside this file: whatever changes in it may find something else. Of an open registry, once. */
export function analysisSources(): string {
  const hash = createHash('sha256')
  for (const folder of folders) {
    const root = fileURLToPath(new URL(`./${folder}/`, import.meta.url))
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((name) => counted.test(name) && !declarations.test(name)).sort()) {
      const content = readFileSync(join(root, file))
      hash.update(JSON.stringify([folder, file, content.length])).update(content)
    }
  }
  return hash.digest('hex')
}
