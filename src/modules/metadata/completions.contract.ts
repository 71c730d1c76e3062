import { Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import { service } from '../../shared/kernel/service.ts'

/** Members that the metadata of a version should have had from the beginning. */
export interface Completion {
  readonly versionId: string
  readonly members: Readonly<Record<string, unknown>>
}

/** For doors that learned to read more of what they had stored. */
export interface Completions {
  /** Adds what is not there yet, and changes nothing that is; at most 100. Within the surrounding transaction; emits `VersionsCompleted`. */
  complete(completions: readonly Completion[]): Promise<void>
}
export const Completions = service<Completions>('metadata.completions')

export const VersionsCompleted = defineEvent(
  'metadata.versions_completed',
  Type.Object({ versions: Type.Array(Type.Object({ versionId: Type.String(), artifactId: Type.String() }), { maxItems: 100 }) }),
)
