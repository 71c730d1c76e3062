import { Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'

const Fact = Type.Object({ artifactId: Type.String(), namespace: Type.String(), name: Type.String(), format: Type.String() })

/** A version, or a semver tag of an image, entered the graph of its artifact. */
export const VersionRecorded = defineEvent(
  'timescape.version_recorded',
  Type.Composite([
    Fact,
    Type.Object({
      version: Type.String(),
      manifestDigest: Type.String(),
      parentVersion: Type.Union([Type.String(), Type.Null()]),
      /** `patch`, `minor`, `major`, `breaking`; null for the first. */
      edgeType: Type.Union([Type.String(), Type.Null()]),
      /** Nothing of the artifact was there before: there is nothing to compare it with. */
      isFirst: Type.Optional(Type.Boolean()),
    }),
  ]),
)

export const BreakingChangeDetected = defineEvent(
  'timescape.breaking_change_detected',
  Type.Composite([
    Fact,
    Type.Object({
      from: Type.String(),
      to: Type.String(),
      changes: Type.Integer(),
      /** The versions declare no more than `patch` or `minor` between them. */
      undeclared: Type.Boolean(),
    }),
  ]),
)

/** Artifacts that take a version which breaks, or is deprecated: at most 100 in one event, several events for more. */
export const DependantsAffected = defineEvent(
  'timescape.dependants_affected',
  Type.Composite([
    Fact,
    Type.Object({
      version: Type.String(),
      /** `breaking-change`, `deprecation`. */
      cause: Type.String(),
      reason: Type.String(),
      dependants: Type.Array(
        Type.Object({ artifactId: Type.String(), namespace: Type.String(), name: Type.String(), range: Type.String() }),
      ),
    }),
  ]),
)
