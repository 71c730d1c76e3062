import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { baseName } from './reading.ts'

// Executables have no ending, and lie where executables lie.
const executable =
  /(?:^|\/)(?:s?bin|app|opt|srv|workspace|home|ko-app|go|usr\/lib(?:exec)?)\/(?:[^/]+\/)*[^/.]+(?:\.exe)?$|^[^/.]+(?:\.exe)?$/
const magic = Buffer.from('\xff Go buildinf:', 'latin1')
const headerSize = 32
const inlineStrings = 2
const maxInfoBytes = 4_194_304

/** Modules that a Go executable says it was built from (debug/buildinfo, Go 1.18 and later). */
export const goBinaries: Cataloger = {
  name: 'go-binaries',
  wants: (path) => executable.test(path),
  keeps: (content) => content.includes(magic),
  catalog: (files) => distinct([...files].flatMap(([path, content]) => builtFrom(content, path))),
}

function goComponent(module: string, version: string, path: string): Component | undefined {
  // OSV knows modules without the v; `+incompatible` says nothing about the code.
  const plain = version.replace(/^v(?=\d)/, '').replace(/\+incompatible$/, '')
  if (plain === '' || plain === '(devel)') return undefined
  const slash = module.lastIndexOf('/')
  const parts = slash < 0 ? { name: module } : { namespace: module.slice(0, slash), name: module.slice(slash + 1) }
  return componentOf({ type: 'golang', ecosystem: 'Go', ...parts, version: plain, knownAs: module, path })
}

function builtFrom(content: Buffer, path: string): (Component | undefined)[] {
  for (let at = content.indexOf(magic); at >= 0; at = content.indexOf(magic, at + 1)) {
    const found = infoAt(content, at)
    if (found) return [goComponent('stdlib', found.version.replace(/^go/, ''), path), ...modulesOf(found.modules, path)]
  }
  return []
}

function infoAt(content: Buffer, at: number): { readonly version: string; readonly modules: string } | undefined {
  if (at + headerSize > content.length || ((content[at + 15] ?? 0) & inlineStrings) === 0) return undefined
  const version = stringAt(content, at + headerSize)
  const modules = version && stringAt(content, version.end)
  if (!version || !modules || !/^go\d/.test(version.text)) return undefined
  return { version: version.text.split(/[ +]/, 1)[0] ?? '', modules: modules.text }
}

function stringAt(content: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  let length = 0
  let at = start
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = content[at]
    if (byte === undefined) return undefined
    at += 1
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      const end = at + length
      return length > maxInfoBytes || end > content.length ? undefined : { text: content.toString('utf8', at, end), end }
    }
  }
  return undefined
}

/** `dep<tab>module<tab>version<tab>sum`; a following `=>` line replaces it. */
function modulesOf(text: string, path: string): (Component | undefined)[] {
  const found: (Component | undefined)[] = []
  for (const line of text.split('\n')) {
    const [kind = '', module = '', version = ''] = line.replace(/^[^a-z=]+/, '').split('\t')
    if (kind === '=>') found.pop()
    if (kind === 'dep' || kind === '=>' || (kind === 'mod' && version !== '(devel)')) found.push(goComponent(module, version, path))
  }
  return found
}

/** go.mod says what is used; go.sum, when there is no go.mod, also lists versions that were only looked at. */
export const goModules: Cataloger = {
  name: 'go-modules',
  wants: (path) => baseName(path) === 'go.mod' || baseName(path) === 'go.sum',
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        if (baseName(path) === 'go.mod') return required(content.toString('utf8'), path)
        return files.has(path.replace(/sum$/, 'mod')) ? [] : summed(content.toString('utf8'), path)
      }),
    ),
}

const required = (text: string, path: string): (Component | undefined)[] => {
  const replaced = new Set([...text.matchAll(/^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s+=>/gm)].map(([, module]) => module))
  const lines = text.matchAll(/^(?:require\s+|\t|\s+)([^\s()]+\.[^\s()]+)\s+(v\d\S*)\s*(?:\/\/.*)?$/gm)
  return [...lines].map(([, module = '', version = '']) => (replaced.has(module) ? undefined : goComponent(module, version, path)))
}

const summed = (text: string, path: string): (Component | undefined)[] =>
  text.split('\n').map((line) => {
    const [module = '', version = ''] = line.split(' ')
    return version.endsWith('/go.mod') ? undefined : goComponent(module, version, path)
  })
