import { type Static, Type } from '@sinclair/typebox'

export const PackumentSettings = Type.Object({
  memoryBytes: Type.Integer({
    default: 50_331_648,
    minimum: 1_048_576,
    description: 'Bytes of package documents that are kept in memory; single ones of more than 16 MiB are sent from files.',
  }),
  tarballMemoryBytes: Type.Integer({
    default: 16_777_216,
    minimum: 0,
    description: 'Bytes of tarballs of at most 64 KiB that are kept in memory.',
  }),
  smallBytes: Type.Integer({
    default: 262_144,
    minimum: 0,
    description:
      'Documents of a package whose versions have no more bytes than this are put together in memory, others by a worker in files.',
  }),
  quietSeconds: Type.Number({
    default: 60,
    minimum: 0.05,
    description: 'A document that has not changed for so long is compressed with br and zstd, too, when clients ask for these.',
  }),
  workerIdleSeconds: Type.Number({ default: 10, minimum: 0.05, description: 'The worker ends when it had nothing to do for so long.' }),
  maxTarballBytes: Type.Integer({ default: 100_000_000, minimum: 1_024, description: 'Bytes of the tarball of a package.' }),
  maxUnpackedBytes: Type.Integer({ default: 536_870_912, minimum: 1_024, description: 'Bytes a tarball may unpack to.' }),
  stagedHours: Type.Number({
    default: 168,
    exclusiveMinimum: 0,
    description: 'Staged versions that nobody approves in so long are dropped.',
  }),
  maxStaged: Type.Integer({ default: 100, minimum: 0, description: 'Staged versions of one package.' }),
  maxStagedPerUser: Type.Integer({ default: 1_000, minimum: 0, description: 'Staged versions of one user, over all packages.' }),
  maxStagedBytesPerUser: Type.Integer({
    default: 2_147_483_648,
    minimum: 0,
    description: 'Bytes of the tarballs of what one user has staged; they count for no quota until they are approved.',
  }),
  maxTarballEntries: Type.Integer({ default: 20_000, minimum: 1, description: 'Files and directories of a tarball.' }),
})
export type PackumentSettings = Static<typeof PackumentSettings>
