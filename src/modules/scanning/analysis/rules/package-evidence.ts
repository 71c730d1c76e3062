import type { EntryFile } from '../../analysis.contract.ts'
import { nativeFormat } from '../walk/formats.ts'
import type { RuleId } from './catalogue.ts'
import type { CodeSighting } from './code-rules.ts'
import type { Findings } from './findings.ts'
import { followedScripts, gypCommands, type NamedCommand, startedBy, wordsOf } from './install-commands.ts'
import { commandSightings } from './install-rules.ts'
import { PackageContents, textWithoutNul } from './package-contents.ts'
import { readFile } from './package-files.ts'
import { type PackageManifest, packageManifest, together } from './package-manifest.ts'
import { squatOf } from './typosquats.ts'

export interface PackageIdentity {
  readonly name: string
  readonly version: string
  /** Whether npm installs it, so that its scripts run and its name is typed. */
  readonly isNpm: boolean
  readonly popularNames: readonly string[]
}

const forTests = /(^|\/)(?:tests?|__tests__|specs?|fixtures?|__fixtures__|benchmarks?|examples?)\/|\.(?:test|spec)\.\w+$/i
const nativePlaces =
  /(^|\/)(?:prebuilds?|prebuilt|binaries|bin|build|lib|libs|vendor|native|dist|napi-v\d+|node_modules)\/|\.(?:node|so(?:\.\d+)*|dll|dylib|exe|a|lib)$/i
const disguised = /\.(?:png|jpe?g|gif|svg|ico|txt|md|json|css|html?|woff2?|ttf|map|log|dat|[cm]?js|ts|ya?ml)$/i

/** Collects what the files of a package say, and judges once all are known: what runs at installation decides much. */
export class PackageEvidence {
  readonly #identity: PackageIdentity
  readonly #findings: Findings
  readonly #gap: (path: string, reason: string) => void
  readonly #contents = new PackageContents()
  readonly #native: { path: string; format: string }[] = []
  readonly #gyp: string[] = []
  #manifest: PackageManifest | undefined
  #root: string | undefined

  constructor(identity: PackageIdentity, findings: Findings, gap: (path: string, reason: string) => void) {
    this.#identity = identity
    this.#findings = findings
    this.#gap = gap
  }

  sees(file: EntryFile): void {
    const format = nativeFormat(file.content)
    if (format && format !== 'WebAssembly' && !file.path.includes('!/')) this.#native.push({ path: file.path, format })
    const path = this.#pathOf(file.path)
    if (withoutRoot(file.path) === 'package.json') {
      this.#root ??= path === file.path ? undefined : file.path.slice(0, -path.length - 1)
      this.#manifest = together(this.#manifest, packageManifest(textWithoutNul(file.content)))
    }
    if (withoutRoot(file.path) === 'binding.gyp') this.#gyp.push(...gypCommands(textWithoutNul(file.content)))
    this.#contents.sees(path, file)
  }

  /** A file is there, whether its content is ever shown or not. */
  names(path: string): void {
    this.#contents.names(this.#pathOf(path))
  }

  /** npm takes the first folder away, whatever its name; files of other packages have one name each only with it. */
  #pathOf(path: string): string {
    return this.#identity.isNpm ? withoutRoot(path) : path
  }

  conclude(): void {
    this.#judgeCode(this.#commands())
    this.#judgeNatives()
    if (this.#identity.isNpm) this.#judgeIdentity()
  }

  #judgeCode(installed: readonly string[]): void {
    const { reached, unread } = this.#contents.reachedFrom(installed)
    const { reached: used, unread: unreadLater } = this.#contents.reachedFrom([...(this.#manifest?.entries ?? []), 'index'])
    for (const path of unread)
      this.#see(path, { rule: 'npm/install-script-unread', line: 1, message: 'is reached at installation and was not read to its end' })
    for (const path of new Set([...unread, ...unreadLater])) this.#gap(this.#shown(path), 'is loaded as code and was not read to its end')
    for (const [path, { always, atInstall }] of this.#contents.read) {
      const isInstalled = reached.has(path)
      // Tests of a package may play the attacker, as long as nobody starts them.
      if (!isInstalled && !used.has(path) && forTests.test(path)) continue
      for (const sighting of isInstalled ? [...always, ...atInstall] : always) this.#see(path, sighting)
    }
  }

  /** Judges the commands themselves; gives the files they start. */
  #commands(): string[] {
    if (!this.#identity.isNpm) return []
    const named = (this.#manifest?.installScripts ?? []).map(([name, command]) => ({ where: `scripts.${name}`, command }))
    const given = [...named, ...this.#gyp.map((command) => ({ where: 'binding.gyp', command }))]
    const commands = followedScripts(given, this.#manifest?.scripts ?? new Map())
    return commands.flatMap((each) => this.#command(each))
  }

  #command({ where, command }: NamedCommand): string[] {
    const said = commandSightings(command)
    for (const sighting of said) this.#see('package.json', { ...sighting, message: `${where}: ${sighting.message}` })
    const { files, code } = startedBy(command)
    for (const path of files) this.#started(path, where)
    const mentioned = wordsOf(command).filter((word) => this.#contents.has(word))
    for (const path of mentioned) this.#started(path, where)
    // A folder is loaded by what its manifest calls its entry.
    const entries = files.some((path) => /^\.\/?$/.test(path)) ? (this.#manifest?.entries ?? []) : []
    return [...files, ...mentioned, ...entries, ...code.flatMap((each) => this.#inline(where, each))]
  }

  #started(path: string, where: string): void {
    if (this.#contents.start(path)) return
    this.#see('package.json', {
      rule: 'npm/install-script-unread',
      line: 1,
      message: `${where}: starts ${path}, which was not read to its end`,
    })
  }

  /** Gives the files that it asks for. */
  #inline(where: string, code: string): readonly string[] {
    const path = `package.json#${where}`
    const file = readFile(path, code, 'javascript')
    this.#contents.add(path, file)
    for (const sighting of file.atInstall) this.#see('package.json', { ...sighting, line: 1, message: `${where}: ${sighting.message}` })
    return file.uses
  }

  #judgeNatives(): void {
    const isExpected = this.#manifest?.isNative || this.#gyp.length > 0
    for (const { path, format } of this.#native) {
      if (disguised.test(path)) this.#add('npm/disguised-native', path, `${format} under the name of something else`)
      else if (!isExpected && !nativePlaces.test(path))
        this.#add('npm/unexpected-native', path, `${format} in a package that names no platform`)
    }
  }

  #judgeIdentity(): void {
    const { name, version, popularNames } = this.#identity
    const squat = squatOf(name, popularNames)
    if (squat) this.#add('npm/typosquat', 'package.json', `could be taken for ${squat.popular}: ${squat.how}`)
    const scripts = this.#manifest?.installScripts ?? []
    if (scripts.length > 0 && /^(?:9{2,}|[1-9]\d{3,})\./.test(version) && !isDate(version)) {
      this.#add('npm/dependency-confusion', 'package.json', `version ${version} wins over any other, and runs ${scripts[0]?.[0]}`)
    }
    for (const [dependency, spec] of this.#manifest?.dependencies ?? []) {
      if (/^http:\/\//i.test(spec) || /^https?:\/\/\d+\.\d+\.\d+\.\d+/.test(spec)) {
        this.#add('npm/remote-dependency', 'package.json', `${dependency} comes from ${spec.slice(0, 100)}, where it can change unseen`)
      }
    }
  }

  #see(path: string, { rule, line, message }: CodeSighting): void {
    this.#findings.add({ rule, path: this.#shown(path.startsWith('package.json#') ? 'package.json' : path), line, message })
  }

  /** As it stands in the archive. */
  #shown(path: string): string {
    return this.#root === undefined ? path : `${this.#root}/${path}`
  }

  #add(rule: RuleId, path: string, message: string): void {
    this.#findings.add({ rule, path, message })
  }
}

/** The path within the package, which archives put into one folder. */
function withoutRoot(path: string): string {
  const slash = path.indexOf('/')
  return slash < 0 ? path : path.slice(slash + 1)
}

/** `2024.1.0` and `20240101.0.0` are calendars. */
const isDate = (version: string): boolean => /^(?:19|20)\d{2}(?:\d{2}){0,2}\./.test(version)
