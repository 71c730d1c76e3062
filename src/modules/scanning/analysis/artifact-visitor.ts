import type { Component, EntryFile, Finding } from '../analysis.contract.ts'
import { catalogers } from '../catalogers/index.ts'
import { isOfUnknown, lacksRelease } from '../catalogers/os-release.ts'
import { CataloguedFiles } from './catalogued-files.ts'
import { Gaps, shownPath } from './gaps.ts'
import { ModelFiles } from './models/model-files.ts'
import type { RuleId } from './rules/catalogue.ts'
import { Findings } from './rules/findings.ts'
import { PackageEvidence } from './rules/package-evidence.ts'
import { languageOf } from './rules/package-files.ts'
import { secretSightings } from './rules/secrets.ts'
import type { TaskHeader } from './task-header.ts'
import type { ByteReader } from './walk/byte-reader.ts'
import { type ArchiveFormat, headBytes } from './walk/formats.ts'
import type { Visitor, WalkedFile, Where } from './walk/walker.ts'

const codeBytes = 4_194_304
const textBytes = 262_144
const nothing = Buffer.alloc(0)
/** Where images keep what distributions wrote; secrets are in what was put on top. */
const distribution =
  /^(?:usr\/(?:share|lib|lib64|include|libexec)|var\/lib\/(?:dpkg|apt|rpm|pacman)|lib|lib64|proc|sys)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems)\//
const packagedArchives = /\.(?:jar|war|ear|whl|egg|zip|tgz|tar|tar\.gz|crate|gem|nupkg)$/i

/** What is looked for in the files of one artifact, by its kind. */
export class ArtifactVisitor implements Visitor {
  readonly #kind: TaskHeader['kind']
  readonly #findings: Findings
  readonly #package: PackageEvidence
  readonly #models: ModelFiles
  readonly #catalogued = new CataloguedFiles(catalogers)
  readonly #left = new Gaps()
  bytesSeen = 0

  constructor({ kind, metadata, popularNames }: TaskHeader) {
    this.#kind = kind
    this.#findings = new Findings(metadata.suppressedRules ?? [])
    this.#package = new PackageEvidence(
      { name: metadata.name, version: metadata.version, isNpm: kind === 'npm', popularNames },
      this.#findings,
      (path, reason) => this.#left.gap(path, reason),
    )
    this.#models = new ModelFiles(this.#findings, metadata.modelFormat)
  }

  get gaps(): readonly string[] {
    return this.#left.gaps
  }

  get notes(): readonly string[] {
    return [...this.#left.notes, ...this.#findings.unlisted()]
  }

  enters({ path }: WalkedFile, format: ArchiveFormat): boolean {
    // What a cataloger opens itself is not opened twice in images, which have many.
    if (this.#kind === 'oci') return packagedArchives.test(path) && this.#catalogued.wants(path, 0) === undefined
    // What has the name of code is started as code, whatever else it can be taken for.
    if (format === 'tar' && languageOf(path, nothing)) return false
    // Two bytes make a zlib stream: only where compressed pickles are expected are they believed.
    return format !== 'zlib' || (this.#kind === 'model' && /\.(?:pkl|pickle|joblib|z)$/i.test(path))
  }

  reads(file: WalkedFile, head: Buffer): ((content: ByteReader) => Promise<void>) | undefined {
    const isModel =
      this.#kind === 'model' ||
      (this.#kind === 'generic' && /\.(?:pkl|pickle|joblib|pt|pth|safetensors|gguf|onnx|h5|keras|npy)$/i.test(file.path))
    const read = isModel ? this.#models.reads(file.path, head) : undefined
    if (read) this.bytesSeen += file.sizeBytes
    return read
  }

  wants(file: WalkedFile, head: Buffer): number {
    this.bytesSeen += file.sizeBytes
    const catalogued = this.#catalogued.wants(file.path, file.sizeBytes)
    // Rules look at it all the same; which packages it lists is not known.
    if (catalogued === 'too large') this.#left.note(`${shownPath(file.path)}: too large to be catalogued`)
    if (catalogued === 'yes') return file.sizeBytes + 1
    if (this.#kind === 'oci') return distribution.test(file.path) || head.includes(0) ? 0 : textBytes
    if (languageOf(file.path, head) || /(?:^|\/)(?:package\.json|binding\.gyp)$/.test(file.path)) return codeBytes
    return this.#kind === 'npm' || !head.includes(0) ? textBytes : headBytes
  }

  sees(file: EntryFile): void {
    if (file.isWhole && this.#catalogued.wants(file.path, file.content.length) === 'yes') this.#catalogued.keep(file.path, file.content)
    if (this.#kind !== 'oci') this.#package.sees(file)
    if (!file.isWhole && languageOf(file.path, file.content))
      this.#left.gap(file.path, `only its first ${file.content.length} bytes were read`)
    const text = file.content.subarray(0, codeBytes)
    if (text.includes(0) || (this.#kind === 'oci' && distribution.test(file.path))) return
    for (const sighting of secretSightings(file.path, text.toString('utf8'))) this.#findings.add({ ...sighting, path: file.path })
  }

  wantsArchive({ path, sizeBytes }: WalkedFile): number {
    // Layers of images are walked; an artifact that is one archive may be what a cataloger opens itself.
    return this.#kind !== 'oci' && this.#catalogued.wants(path, sizeBytes) === 'yes' ? sizeBytes + 1 : 0
  }

  seesArchive(path: string, content: Buffer): void {
    this.#catalogued.keep(path, content)
  }

  names(path: string, type: string): void {
    if (this.#kind !== 'oci' && type === 'file') this.#package.names(path)
    this.#catalogued.names(path, type)
  }

  odd(rule: RuleId, where: Where, message: string): void {
    const { path } = where
    // Nothing unpacks what lies in an image as an archive, of which test data of languages and tools has very odd ones.
    if (this.#kind === 'oci' && where.isNested) {
      this.#findings.add({ rule: 'archive/odd-inside-image', path, message: `${rule.slice(8)}: ${message}` })
      return
    }
    // Images are full of links and devices; what their layers cannot do is leave the image.
    const isOrdinary =
      this.#kind === 'oci' && ['archive/link', 'archive/escaping-link', 'archive/device', 'archive/duplicate'].includes(rule)
    if (!isOrdinary) this.#findings.add({ rule, path, message })
    if (rule === 'archive/too-deep' || rule === 'archive/damaged' || rule === 'archive/limit-reached' || rule === 'archive/bomb') {
      this.#left.gap(path, `${message}; what else is in it was not looked at`)
    }
  }

  gap({ path, isNested }: Where, reason: string): void {
    if (this.#kind === 'oci' && isNested) this.#left.note(`${shownPath(path)}: ${reason}`)
    else this.#left.gap(path, reason)
  }

  endLayer(): void {
    this.#catalogued.endLayer()
  }

  components(): Component[] {
    const components = this.#catalogued.catalog()
    for (const ecosystem of new Set(components.filter(isOfUnknown).map((component) => component.ecosystem)))
      this.#left.note(`no advisories are known for packages of ${ecosystem}`)
    for (const ecosystem of new Set(components.map((component) => component.ecosystem)))
      if (lacksRelease(ecosystem))
        this.#left.note(`nothing names the release of ${ecosystem}: what advisories say of its packages is not known`)
    return components
  }

  /** Once all blobs are through. */
  conclude(): readonly Finding[] {
    if (this.#kind !== 'oci') this.#package.conclude()
    if (this.#kind === 'model') this.#models.conclude()
    return this.#findings.list
  }
}
