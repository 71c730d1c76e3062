import type { Logger } from '../../shared/kernel/logger.ts'
import type { ManifestRef } from '../metadata/publications.contract.ts'
import type { Reference } from '../metadata/references.contract.ts'
import type { ManifestWarnings } from './manifest-warnings.contract.ts'

type Source = Parameters<ManifestWarnings['addSource']>[0]

const maxWarnings = 20
const maxCharacters = 1_000

export class WarningSources implements ManifestWarnings {
  readonly #log: Logger
  readonly #sources: Source[] = []

  constructor(log: Logger) {
    this.#log = log
  }

  addSource(source: Source): void {
    this.#sources.push(source)
  }

  /** Of a manifest, and of the version by whose name it was found. */
  async of(manifest: ManifestRef, named: Reference | undefined): Promise<readonly string[]> {
    const texts = deprecationOf(named)
    for (const source of this.#sources) texts.push(...(await this.#ask(source, manifest)))
    return texts.slice(0, maxWarnings).map(printable)
  }

  async #ask(source: Source, manifest: ManifestRef): Promise<readonly string[]> {
    try {
      return await source(manifest)
    } catch (error) {
      this.#log.error({ err: error, ...manifest }, 'the warnings of a manifest could not be told')
      return []
    }
  }
}

function deprecationOf(named: Reference | undefined): string[] {
  if (named?.version?.state !== 'deprecated') return []
  const { version, stateReason } = named.version
  return [`${version} is deprecated${stateReason === null ? '' : `: ${stateReason}`}`]
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, maxCharacters)
