import { DomainError } from '../../shared/errors/domain-error.ts'

/** Yanked, pending, deleted, or never published; null: there is none at all. */
export class VersionNotOffered extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'insights.version_not_offered'
  constructor(version: string | null) {
    super(version === null ? 'the artifact offers no version' : `the artifact offers no version ${version}`)
  }
}
