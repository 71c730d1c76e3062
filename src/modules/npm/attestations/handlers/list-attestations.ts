import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { PackageAttestations } from '../../../signing/contract.ts'
import { NoAttestations } from '../errors.ts'
import { versionSpec } from '../version-spec.ts'

export const listAttestations = defineHandler({
  method: 'GET',
  url: '/-/npm/v1/attestations/:spec',
  auth: 'anonymous',
  summary: 'Sigstore bundles that were published with a version',
  tags: ['npm'],
  schema: {
    params: Type.Object({ spec: Type.String({ description: '`<package>@<version>`' }) }),
    response: { 200: Type.Object({ attestations: Type.Array(Type.Object({ predicateType: Type.String(), bundle: Type.Unknown() })) }) },
  },
  deps: { catalog: Catalog, packageAttestations: PackageAttestations },
  async handle({ params, principal }, { catalog, packageAttestations }) {
    const spec = versionSpec(params.spec)
    const located = await catalog.locate(principal, spec.ref, 'read')
    const version = await catalog.version(located, spec.version)
    // A tag moves, and what is verified is one version.
    const attestations = version.version === spec.version ? await packageAttestations.list(version.id) : []
    if (attestations.length === 0) throw new NoAttestations()
    return { attestations: attestations.map(({ predicateType, bundle }) => ({ predicateType, bundle })) }
  },
})
