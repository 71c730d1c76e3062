import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'

export const ScanningSettings = Type.Object({
  gate: oneOf(['async', 'hold'], {
    default: 'async',
    description:
      'async: what is published is visible at once, and quarantined when it is malicious; hold: it is visible after a clean scan.',
  }),
  blockSeverity: oneOf(['none', 'low', 'moderate', 'high', 'critical'], {
    default: 'none',
    description: 'With the gate hold: an open vulnerability as grave as this keeps a publication held.',
  }),
  holdOnGaps: Type.Boolean({
    default: true,
    description:
      'With the gate hold: what could not be read to its end (encrypted, too deep, too large, an unknown compression) stays held.',
  }),
  holdSuspicious: Type.Boolean({
    default: true,
    description: 'With the gate hold: what static rules call suspicious stays held, as what they call malicious does.',
  }),
  automatic: Type.Boolean({
    default: true,
    description: 'Scan what is published; otherwise, and without the gate hold, only what somebody asks for.',
  }),
  concurrency: Type.Integer({ minimum: 1, maximum: 5, default: 2, description: 'Scans at the same time, in each worker.' }),
  timeoutSeconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 300, description: 'Of one analysis; longer ones fail.' }),
  analysesPerProcess: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 50,
    description: 'Artifacts that one process of the analysis looks at before another takes its place; 1: a process for each.',
  }),
  suppressedRules: Type.Array(Type.String({ pattern: '^[a-z]+/[a-z0-9-]+$' }), {
    default: [],
    description: 'Rules of the built-in scanner (docs/scanning-rules.md) whose findings are wanted nowhere.',
  }),
  popularNames: Type.Array(Type.String({ minLength: 1, maxLength: 214 }), {
    maxItems: 10_000,
    default: [],
    description: 'Names of npm packages that others must not look like (rule npm/typosquat), besides the bundled list.',
  }),
  rescanIntervalHours: Type.Integer({
    minimum: 1,
    maximum: 8_760,
    default: 168,
    description: 'What was not looked at for so long is scanned again.',
  }),
  rescanPauseSeconds: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    default: 60,
    description: 'Between two scans that somebody asks for of one manifest.',
  }),
  trivyBinary: Type.String({ default: '', description: 'Path of trivy, as a second scanner; empty: none.' }),
  trivyServer: Type.String({ default: '', description: 'URL of a trivy server that has the database; empty: trivy keeps its own.' }),
  trivyTimeoutSeconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 120, description: 'Of one call of trivy.' }),
})
export type ScanningSettings = Static<typeof ScanningSettings>
