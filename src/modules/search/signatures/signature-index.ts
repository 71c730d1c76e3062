import type { RawBuilder } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Signatures } from '../../timescape/signatures.contract.ts'
import { SignaturesAbsent } from '../errors.ts'
import { dependencyNames } from './dependency-names.ts'
import { parseSignatureText } from './signature-text.ts'
import { candidatesOf, changedDeclarations, type Declaration, type DeclaredSource, writeDeclarations } from './signatures.queries.ts'

/** Artifacts whose types are compared for one search. */
const maxCandidates = 1_000
/** Declarations that are written in one go. */
const batchSize = 100

export interface SignatureIndexDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly signatures: Signatures | undefined
  readonly log: Logger
}

export interface FoundBySignature {
  readonly artifactIds: readonly string[]
  /** The index left more than were compared. */
  readonly truncated: boolean
}

/** Artifacts by the fields of the types that their shown version declares. */
export class SignatureIndex {
  readonly #deps: SignatureIndexDeps

  constructor(deps: SignatureIndexDeps) {
    this.#deps = deps
  }

  /** Indexes those of these documents whose declarations changed; answers how many did. */
  async renew(artifactIds: readonly string[]): Promise<number> {
    const { database, signatures } = this.#deps
    if (artifactIds.length === 0) return 0
    const changed = await changedDeclarations(database, artifactIds)
    for (let at = 0; at < changed.length; at += batchSize) {
      const declarations = await declarationsOf(changed.slice(at, at + batchSize), signatures)
      await this.#write(declarations)
    }
    return changed.length
  }

  /** What the database refuses of one artifact keeps no other from its place: that one declares nothing until it declares something else. */
  async #write(declarations: readonly Declaration[]): Promise<void> {
    const { database, transaction, log } = this.#deps
    try {
      await transaction.run(() => writeDeclarations(database, declarations))
    } catch (error) {
      const [only, ...others] = declarations
      if (!only || !isRefused(error)) throw error
      if (others.length > 0) {
        for (const one of declarations) await this.#write([one])
        return
      }
      log.warn({ err: error, artifactId: only.artifactId }, 'the types of an artifact cannot be indexed')
      await transaction.run(() => writeDeclarations(database, [{ ...only, dependencies: [], declared: [] }]))
    }
  }

  /** Of rows `d`, `a` and `n` that `where` lets through. Throws `search.signature_invalid`, `timescape.signature_unreadable`. */
  async find(text: string, where: RawBuilder<unknown>): Promise<FoundBySignature> {
    const { database, signatures } = this.#deps
    const parts = parseSignatureText(text)
    if (!signatures) throw new SignaturesAbsent()
    const wanted = signatures.wanted(parts)
    const candidates = await candidatesOf(database, wanted.parts, { where, limit: maxCandidates + 1 })
    const artifactIds: string[] = []
    const turn = new LoopTurn()
    for (const { artifactId, gtypes } of candidates.slice(0, maxCandidates)) {
      if (wanted.fits(gtypes)) artifactIds.push(artifactId)
      if (turn.isOver) await turn.next()
    }
    return { artifactIds, truncated: candidates.length > maxCandidates }
  }
}

/** SQLSTATE classes 22 and 54: the values themselves are what the database does not take. */
const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && /^(?:22|54)/.test(String(error.code))

async function declarationsOf(sources: readonly DeclaredSource[], signatures: Signatures | undefined): Promise<readonly Declaration[]> {
  const turn = new LoopTurn()
  const declarations: Declaration[] = []
  for (const { artifactId, source, gtypes, dependencies } of sources) {
    declarations.push({ artifactId, source, dependencies: dependencyNames(dependencies), declared: signatures?.declared(gtypes) ?? [] })
    if (turn.isOver) await turn.next()
  }
  return declarations
}
