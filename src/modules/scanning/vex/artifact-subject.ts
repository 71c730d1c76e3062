import type { Artifact, Located } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import type { ScanSubject } from '../scan-subject.ts'
import type { VexSubject } from './statement.ts'

const types: Readonly<Partial<Record<Artifact['format'], string>>> = { npm: 'npm', oci: 'oci' }

/** What documents may call a manifest, by whichever way they came: all its names, and the one it was asked for by, which may wait for it still. */
export async function vexSubject(
  records: Records,
  { artifactId, manifestDigest }: ScanSubject,
  { located: { artifact, namespace }, askedFor }: { readonly located: Located; readonly askedFor?: string },
): Promise<VexSubject> {
  const type = types[artifact.format] ?? 'generic'
  const { versions, tags } = await records.namesOf(artifactId, manifestDigest)
  return {
    manifestDigest,
    purls: [artifact.name, `${namespace.name}/${artifact.name}`, `%40${namespace.name}/${artifact.name}`].map(
      (name) => `pkg:${type}/${name}`,
    ),
    versions: [...versions, ...tags, ...(askedFor === undefined ? [] : [askedFor])],
  }
}
