import { type Static, Type } from '@sinclair/typebox'
import { s3Settings } from './s3-settings.ts'

export const ArtifactsSettings = Type.Object({
  driver: Type.String({
    default: '',
    description: 'Where blobs live: `file-system`, `s3`, or what a module adds. Empty: `s3` when `s3Bucket` is set, else `file-system`.',
  }),
  accelRedirect: Type.String({
    default: '',
    pattern: '^(/[A-Za-z0-9._/-]*/)?$',
    description:
      'Location of nginx that is an alias of the folder of the blobs: blobs are then sent by nginx. Only when every request comes through it.',
  }),
  maxUploadSize: Type.Integer({ default: 5_368_709_120, minimum: 1, description: 'Bytes of a REST publish in one request.' }),
  maxSessionSize: Type.Integer({ default: 1_099_511_627_776, minimum: 1, description: 'Bytes of an upload session.' }),
  maxManifestSize: Type.Integer({ default: 8_388_608, minimum: 1_024, description: 'Bytes of a manifest (D-15).' }),
  maxConcurrentUploads: Type.Integer({
    default: 256,
    minimum: 1,
    description: 'Bodies being written at once by this process; more are answered 503.',
  }),
  uploadIdleHours: Type.Number({
    default: 24,
    minimum: 0.001,
    description: 'An upload session without a byte for so long is removed (D-9).',
  }),
  gcGraceSeconds: Type.Number({
    default: 3_600,
    minimum: 1,
    description: 'An unreferenced blob younger than this is never collected (D-8).',
  }),
  gcIntervalSeconds: Type.Number({ default: 3_600, minimum: 0.1, description: 'Seconds between two collections; 0.1 is for tests.' }),
  ...s3Settings,
})
export type ArtifactsSettings = Static<typeof ArtifactsSettings>
