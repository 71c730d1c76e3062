import { type Static, Type } from '@sinclair/typebox'

export const MetadataSettings = Type.Object({
  unpublishWindowHours: Type.Integer({
    default: 72,
    minimum: 0,
    description: 'A version can be unpublished for so long after it was published; administrators always can.',
  }),
  maxMetadataBytes: Type.Integer({ default: 1_048_576, minimum: 1_024, description: 'Bytes of the manifest of one version.' }),
  cacheTtlMs: Type.Integer({ default: 5_000, minimum: 0, maximum: 5_000, description: 'Longest age of names and states held in memory.' }),
  newNamesPerHour: Type.Integer({
    default: 0,
    minimum: 0,
    description:
      'So many artifacts may one user make in an hour, and one address twice as many; 0: any number. Open registration wants 20.',
  }),
  newVersionsPerHalfHour: Type.Integer({
    default: 0,
    minimum: 0,
    description:
      'So many versions may one user add in half an hour, and one address twice as many; 0: any number. Open registration wants 30.',
  }),
  pendingHours: Type.Number({
    default: 24,
    exclusiveMinimum: 0,
    maximum: 8_760,
    description: 'What is held back, for example until it is signed, waits for so long and is dropped then.',
  }),
  downloadFlushMs: Type.Integer({
    default: 500,
    minimum: 10,
    maximum: 500,
    description:
      'Downloads and what else is counted are written so often; a kill loses at most as much, and what came while it was being written.',
  }),
})
export type MetadataSettings = Static<typeof MetadataSettings>
