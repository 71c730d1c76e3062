import type { Artifact, NewVersion } from './contract.ts'
import type { ManifestFault } from './errors.ts'
import { validateArtifactManifest } from './manifest/validate-artifact-manifest.ts'

type Published = Pick<NewVersion, 'metadata' | 'bare'>

/** What the type's schema finds wrong, and whether the manifest speaks of the version that is being published. */
export function manifestFaults(artifact: Artifact, version: string, { metadata, bare }: Published): readonly ManifestFault[] {
  const faults = bare ? [] : validateArtifactManifest(artifact.type, metadata)
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
