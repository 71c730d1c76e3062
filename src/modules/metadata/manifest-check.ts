import type { Artifact, NewVersion } from './contract.ts'
import type { ManifestFault } from './errors.ts'
import { validateArtifactManifest } from './manifest/validate-artifact-manifest.ts'

/** What the type's schema finds wrong, and whether the manifest speaks of the version that is being published. */
export function manifestFaults(artifact: Artifact, version: string, metadata: NewVersion['metadata']): readonly ManifestFault[] {
  const faults = isBare(metadata) ? [] : validateArtifactManifest(artifact.type, metadata)
  if (faults.length > 0) return faults
  const { namespace, name } = artifact
  const { name: saidName, version: saidVersion } = metadata
  const names = [name, name.slice(name.lastIndexOf('/') + 1), `${namespace}/${name}`, `@${namespace}/${name}`]
  return [
    ...(typeof saidName === 'string' && !names.includes(saidName)
      ? [{ path: '/name', message: `is not the artifact's name ${name}` }]
      : []),
    ...(typeof saidVersion === 'string' && saidVersion !== version
      ? [{ path: '/version', message: `is not the published version ${version}` }]
      : []),
  ]
}

/** What a door fills in for bytes that came without a manifest: there is nothing of the type to check. */
const isBare = ({ name, version, ...rest }: NewVersion['metadata']): boolean =>
  typeof name === 'string' && typeof version === 'string' && Object.keys(rest).length === 0
