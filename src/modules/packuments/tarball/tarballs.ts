import type { Tarballs } from '../contract.ts'
import type { PackumentSettings } from '../settings.ts'
import { describePackage } from './describe-package.ts'
import { inspecting, inspectWhole } from './inspect-tarball.ts'
import { manifestDifference } from './manifest-difference.ts'

export function openTarballs({ maxTarballBytes, maxUnpackedBytes, maxTarballEntries }: PackumentSettings): Tarballs {
  const limits = { maxPackedBytes: maxTarballBytes, maxUnpackedBytes, maxEntries: maxTarballEntries }
  return {
    inspecting: (body) => inspecting(body, limits),
    inspect: (bytes) => inspectWhole(bytes, limits),
    describe: describePackage,
    difference: ({ description }, sent, inspected) => manifestDifference(description.manifest, sent, inspected),
  }
}
