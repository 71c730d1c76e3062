import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import ts from 'typescript'
import type { DeclarationPair, DeclaredPackage } from './messages.ts'
import { plainDeclarations } from './plain-declarations.ts'
import { unchangedFiles } from './unchanged-files.ts'

const options: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], allowJs: false },
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
}

/** Both versions in one program, each in a root of its own, so that types of one can be held against types of the other. */
export interface VirtualProgram {
  readonly checker: ts.TypeChecker
  readonly before: VirtualPackage
  readonly after: VirtualPackage
}

export interface VirtualPackage {
  /** What paths of its files begin with. */
  readonly root: string
  readonly entries: ReadonlyMap<string, ts.SourceFile>
}

const libFolder = `${dirname(createRequire(import.meta.url).resolve('typescript'))}/`
/** The only files that are read: parsed once, and kept for the next comparison. */
const libs = new Map<string, ts.SourceFile | undefined>()

/** The compiler sees the texts it is given and its own library, nothing else. */
export function virtualProgram(pair: DeclarationPair): VirtualProgram {
  const { before, after } = pair
  const roots = { before: `/before/node_modules/${before.name}/`, after: `/after/node_modules/${after.name}/` }
  const texts = new Map([...rooted(roots.before, before), ...rooted(roots.after, after)])
  const unchanged = unchangedFiles(pair)
  const meant = (path: string) =>
    path.startsWith(roots.after) && unchanged.has(path.slice(roots.after.length)) ? roots.before + path.slice(roots.after.length) : path
  const fileOf = (root: string) => (path: string) => meant(root + path)
  const rootNames = [
    ...new Set([...[...before.entries.values()].map(fileOf(roots.before)), ...[...after.entries.values()].map(fileOf(roots.after))]),
  ]
  const program = ts.createProgram({ rootNames, options, host: virtualHost(texts, meant) })
  const opened = (root: string, { entries }: DeclaredPackage): VirtualPackage => ({
    root,
    entries: new Map(
      [...entries].flatMap(([subpath, path]) => {
        const source = program.getSourceFile(fileOf(root)(path))
        return source ? [[subpath, source] as const] : []
      }),
    ),
  })
  return { checker: program.getTypeChecker(), before: opened(roots.before, before), after: opened(roots.after, after) }
}

const rooted = (root: string, { texts }: DeclaredPackage) => [...texts].map(([path, text]) => [root + path, text] as const)

function virtualHost(texts: ReadonlyMap<string, string>, meant: (path: string) => string): ts.CompilerHost {
  const folders = foldersOf(texts.keys())
  const host: ts.CompilerHost = {
    getSourceFile: (name) => {
      const text = texts.get(name)
      if (text === undefined) return libFile(name)
      return ts.createSourceFile(name, plainDeclarations(name, text), ts.ScriptTarget.ESNext)
    },
    getDefaultLibFileName: () => `${libFolder}lib.esnext.full.d.ts`,
    getDefaultLibLocation: () => libFolder,
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => texts.has(name),
    readFile: (name) => texts.get(name),
    directoryExists: (name) => folders.has(name.replace(/\/$/, '')),
    getDirectories: () => [],
    realpath: (name) => name,
    resolveModuleNameLiterals: (literals, containingFile) =>
      literals.map(({ text }) => {
        const { resolvedModule } = ts.resolveModuleName(text, containingFile, options, host)
        return { resolvedModule: resolvedModule && { ...resolvedModule, resolvedFileName: meant(resolvedModule.resolvedFileName) } }
      }),
  }
  return host
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>()
  for (const path of paths)
    for (let end = path.lastIndexOf('/'); end > 0 && !folders.has(path.slice(0, end)); end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end))
  return folders
}

function libFile(name: string): ts.SourceFile | undefined {
  if (!name.startsWith(libFolder) || !/^lib\.[a-z0-9.]+\.d\.ts$/.test(name.slice(libFolder.length))) return undefined
  if (!libs.has(name)) {
    const text = ts.sys.readFile(name)
    libs.set(name, text === undefined ? undefined : ts.createSourceFile(name, text, ts.ScriptTarget.ESNext))
  }
  return libs.get(name)
}
