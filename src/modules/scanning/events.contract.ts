import { Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import { ManifestFact } from '../metadata/publications.contract.ts'

const Fact = Type.Composite([ManifestFact, Type.Object({ scanId: Type.String() })])

export const ScanCompleted = defineEvent(
  'scanning.scan_completed',
  Type.Composite([
    Fact,
    Type.Object({
      /** 0 to 100. */
      securityScore: Type.Integer(),
      /** `low`, `medium`, `high`, `critical`. */
      riskLevel: Type.String(),
      vulnerabilities: Type.Integer(),
      malicious: Type.Boolean(),
    }),
  ]),
)

/** One advisory concerns an artifact that it did not concern before. */
export const VulnerabilityDetected = defineEvent(
  'scanning.vulnerability_detected',
  Type.Composite([
    Fact,
    Type.Object({
      advisoryId: Type.String(),
      /** Other names of the advisory. */
      aliases: Type.Optional(Type.Array(Type.String())),
      severity: Type.String(),
      package: Type.String(),
      fixedVersion: Type.Union([Type.String(), Type.Null()]),
    }),
  ]),
)

export const MaliciousContentFound = defineEvent(
  'scanning.malicious_content_found',
  Type.Composite([Fact, Type.Object({ rules: Type.Array(Type.String()) })]),
)

/** An import changed what is known about packages that artifacts have. */
export const AdvisoriesChanged = defineEvent('scanning.advisories_changed', Type.Object({ databaseVersion: Type.Integer() }))

/** Somebody wants a manifest to be looked at again; `scanId` is the row that waits for it. */
export const ScanRequested = defineEvent(
  'scanning.scan_requested',
  Type.Object({ artifactId: Type.String(), manifestDigest: Type.String(), scanId: Type.String() }),
)
