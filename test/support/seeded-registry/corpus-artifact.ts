import type { ArtifactFormat, ArtifactType } from '../../../src/shared/types/artifact-type.ts'

export interface CorpusAccount {
  readonly id: string
  readonly name: string
  readonly kind: 'user' | 'organization'
}

export interface CorpusNamespace {
  readonly id: string
  readonly name: string
  /** Null for `library`. */
  readonly accountId: string | null
  readonly visibility: 'public' | 'private'
}

export interface CorpusMember {
  readonly accountId: string
  readonly userId: string
  readonly role: 'owner' | 'admin' | 'write' | 'read'
}

export interface CorpusVersion {
  readonly id: string
  readonly version: string
  readonly state: 'published' | 'deprecated' | 'yanked' | 'quarantined' | 'deleted'
  /** Milliseconds since 1970. */
  readonly publishedAt: number
}

export interface CorpusArtifact {
  readonly id: string
  readonly namespace: CorpusNamespace
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  readonly visibility: 'inherit' | 'public' | 'private'
  readonly description: string
  readonly keywords: readonly string[]
  readonly capabilities: readonly string[]
  readonly language: string | null
  readonly license: string | null
  /** Range of versions of the framework. */
  readonly gatiVersion: string | null
  readonly downloads: number
  readonly stars: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The newest last. None for a repository that has plain tags alone. */
  readonly versions: readonly CorpusVersion[]
  readonly publishedBy: string
  /** User with a right of its own on it. */
  readonly grantedTo: string | null
  readonly isDeleted: boolean
}

/** Rises with the number, as ids of rows that were written one after the other. */
export const corpusId = (kind: number, number: number): string =>
  `0190${kind.toString(16).padStart(4, '0')}-${Math.floor(number / 2 ** 32)
    .toString(16)
    .padStart(4, '0')}-7000-8000-${number.toString(16).padStart(12, '0')}`

export const isShown = ({ state }: CorpusVersion): boolean => state === 'published' || state === 'deprecated'

/** It has something to show to those who may see it. */
export const isListed = ({ isDeleted, versions }: CorpusArtifact): boolean =>
  !isDeleted && (versions.length === 0 || versions.some(isShown))

export const isPublic = ({ visibility, namespace }: CorpusArtifact): boolean =>
  (visibility === 'inherit' ? namespace.visibility : visibility) === 'public'
