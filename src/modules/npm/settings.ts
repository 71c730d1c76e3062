import { type Static, Type } from '@sinclair/typebox'
import { upstreamSettings } from './upstream/settings.ts'

export const NpmSettings = Type.Object({
  maxDocumentBytes: Type.Integer({
    default: 10_485_760,
    minimum: 1_024,
    maximum: 104_857_600,
    description: 'Bytes of a published document without its tarball.',
  }),
  maxChangeBytes: Type.Integer({
    default: 104_857_600,
    minimum: 1_024,
    description: 'Bytes of a package document that is put back to deprecate versions; it is cut down while it arrives.',
  }),
  maxBatchPackages: Type.Integer({ default: 500, minimum: 1, description: 'Packages that are published together, all or none.' }),
  maxAudits: Type.Integer({
    default: 256,
    minimum: 1,
    description: 'Audits that are answered or wait for it, one after the other; one more is answered 503 with Retry-After.',
  }),
  ...upstreamSettings,
})
export type NpmSettings = Static<typeof NpmSettings>
