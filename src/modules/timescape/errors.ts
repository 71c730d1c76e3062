import { DomainError } from '../../shared/errors/domain-error.ts'
import type { Change } from './change.ts'

const maxListed = 50

/** The policy `block`: the number of the version promises less than its types keep. */
export class BreakingChangeUndeclared extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'timescape.breaking_change_undeclared'
  readonly #facts: { readonly from: string; readonly to: string; readonly declared: string; readonly changes: readonly Change[] }
  constructor(facts: { readonly from: string; readonly to: string; readonly declared: string; readonly changes: readonly Change[] }) {
    const first = facts.changes[0]
    super(
      `${facts.to} breaks users of ${facts.from}, and its number declares a ${facts.declared} change: ${first ? `${first.path}: ${first.message}` : ''}`,
    )
    this.#facts = facts
  }
  override get details() {
    const { changes, ...facts } = this.#facts
    return {
      ...facts,
      required: 'major',
      total: changes.length,
      changes: changes.slice(0, maxListed).map(({ path, rule, bump, message }) => ({ path, rule, bump, message })),
    }
  }
  override get suggestions() {
    return ['publish it as the next major version', 'keep the types compatible, for example by making a new field optional']
  }
}

/** Also for a version that the graph does not know yet. */
export class NodeNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'timescape.version_not_found'
  constructor(version: string) {
    super(`the graph of this artifact has no version ${version}`)
  }
}

export class QueryInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'timescape.query_invalid'
}

/** Nothing that resolves fits. */
export class NothingResolved extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'timescape.nothing_resolved'
}

export class GuideNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'timescape.guide_not_found'
  constructor(from: string, to: string) {
    super(`there is no migration guide from ${from} to ${to}`)
  }
}

export class CursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'timescape.cursor_invalid'
  constructor() {
    super('the cursor does not belong to this list')
  }
}

/** Somewhere between the two versions no transformer leads over a breaking change. */
export class TransformerMissing extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'timescape.transformer_missing'
  readonly #facts: { readonly from: string; readonly to: string; readonly missing: { readonly from: string; readonly to: string } }
  constructor(facts: { readonly from: string; readonly to: string; readonly missing: { readonly from: string; readonly to: string } }) {
    super(`no transformers lead from ${facts.from} to ${facts.to}: one from ${facts.missing.from} to ${facts.missing.to} is missing`)
    this.#facts = facts
  }
  override get details() {
    return this.#facts
  }
  override get suggestions() {
    const { from, to } = this.#facts.missing
    return [`publish an artifact of type transformer with fromVersion ${from} and toVersion ${to}`]
  }
}

/** A payload that a step cannot be applied to. */
export class TransformFailed extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'timescape.transform_failed'
  readonly #facts: Readonly<Record<string, unknown>>
  constructor(message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.#facts = facts
  }
  override get details() {
    return this.#facts
  }
}

export class TransformTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'timescape.transform_too_large'
}

/** Fields to look for that nobody can read. */
export class SignatureUnreadable extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'timescape.signature_unreadable'
  readonly #type: string
  constructor(type: string, reason: string) {
    super(`the type ${type.slice(0, 200)} cannot be looked for: ${reason}`)
    this.#type = type
  }
  override get details() {
    return { type: this.#type }
  }
  override get suggestions() {
    return ['write it as in a manifest, for example { text: string, labels: string[], mood: enum[good,bad] }']
  }
}
