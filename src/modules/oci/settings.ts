import { type Static, Type } from '@sinclair/typebox'
import { upstreamSettings } from './upstream/settings.ts'

export const OciSettings = Type.Object({
  chunkMinLength: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 1_073_741_824,
    description: 'Bytes a chunk should have at least, told to clients as OCI-Chunk-Min-Length; 0 says nothing.',
  }),
  maxManifestSize: Type.Integer({
    default: 8_388_608,
    minimum: 1_024,
    description: 'Bytes of a manifest that are read; the setting of the same name of module artifacts holds too.',
  }),
  maxManifestsHeld: Type.Integer({
    default: 32,
    minimum: 1,
    description:
      'Pushed manifests of maxManifestSize that this process holds at once; smaller ones count by their bytes. More are answered 503.',
  }),
  maxTagsPerPut: Type.Integer({
    default: 100,
    minimum: 10,
    maximum: 1_000,
    description: 'Tags that one push of a manifest may name (?tag=).',
  }),
  maxTagsPerPage: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 10_000,
    description: 'Tags of one answer; also when the client names no n.',
  }),
  maxRepositoriesPerPage: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 10_000,
    description: 'Repositories of one page of the catalog.',
  }),
  maxReferrersPerPage: Type.Integer({
    default: 500,
    minimum: 1,
    maximum: 10_000,
    description: 'Referrers of one answer, which also ends at 4 MiB.',
  }),
  ...upstreamSettings,
})
export type OciSettings = Static<typeof OciSettings>
