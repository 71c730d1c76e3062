import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { baseName } from './reading.ts'
import { type ZipEntry, zipEntries } from './zip-entries.ts'

const archive = /\.(?:jar|war|ear|par|hpi|jpi)$/i
const maxDepth = 3
const maxDescriptionBytes = 1_048_576
const maxInnerBytes = 67_108_864
/** Of archives within an archive, together. */
const maxInnerArchives = 2_000

/** Archives of Java by the descriptions that Maven leaves in them or, without one, by their manifest; archives within archives as well. */
export const java: Cataloger = {
  name: 'java',
  wants: (path) => archive.test(path),
  catalog: (files) => distinct([...files].flatMap(([path, content]) => within(content, path))),
}

interface Opened {
  readonly path: string
  readonly content: Buffer
  readonly depth: number
}

function within(content: Buffer, path: string): (Component | undefined)[] {
  const found: (Component | undefined)[] = []
  const waiting: Opened[] = [{ path, content, depth: 0 }]
  let opened = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const entries = zipEntries(next.content)
    found.push(...described(entries, next.path))
    if (next.depth >= maxDepth) continue
    for (const entry of entries.filter(({ name }) => archive.test(name))) {
      if (opened >= maxInnerArchives) break
      opened += 1
      const inner = entry.content(maxInnerBytes)
      if (inner) waiting.push({ path: `${next.path}!${entry.name}`, content: inner, depth: next.depth + 1 })
    }
  }
  return found
}

function described(entries: readonly ZipEntry[], path: string): (Component | undefined)[] {
  const poms = entries.filter(({ name }) => /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/.test(name))
  if (poms.length > 0) return poms.map((entry) => fromPom(propertiesOf(entry, '='), path))
  const manifest = entries.find(({ name }) => name.toUpperCase() === 'META-INF/MANIFEST.MF')
  return manifest ? [fromManifest(propertiesOf(manifest, ':'), path)] : []
}

function propertiesOf(entry: ZipEntry, separator: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  const text = entry.content(maxDescriptionBytes)?.toString('utf8') ?? ''
  // Long lines of a manifest go on in the next one, after a blank.
  for (const line of text.replace(/\r?\n /g, '').split(/\r?\n/)) {
    const at = line.indexOf(separator)
    if (at > 0 && !line.startsWith('#') && !properties.has(line.slice(0, at).trim()))
      properties.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  return properties
}

function maven(group: string, name: string, { version, path }: { readonly version: string; readonly path: string }): Component | undefined {
  if (group === '' || name === '' || version.includes('${')) return undefined
  return componentOf({ type: 'maven', namespace: group, ecosystem: 'Maven', name, version, knownAs: `${group}:${name}`, path })
}

const fromPom = (pom: ReadonlyMap<string, string>, path: string) =>
  maven(pom.get('groupId') ?? '', pom.get('artifactId') ?? '', { version: pom.get('version') ?? '', path })

function fromManifest(manifest: ReadonlyMap<string, string>, path: string): Component | undefined {
  const version = manifest.get('Implementation-Version') ?? manifest.get('Bundle-Version') ?? ''
  const group = manifest.get('Implementation-Vendor-Id') ?? ''
  const [, fileName = ''] = /^(.+?)-\d[^/]*$/.exec(baseName(path).replace(archive, '')) ?? []
  return maven(group, manifest.get('Implementation-Title') || fileName, { version, path })
}
