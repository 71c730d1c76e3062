import type { Component } from '../analysis.contract.ts'
import { contentUuid, type SbomSubject } from './cyclone-dx.ts'

interface SpdxSubject extends SbomSubject {
  /** ISO 8601: when the packages were listed. */
  readonly createdAt: string
}

/** https://spdx.github.io/spdx-spec/v2.3/ */
export function spdx(components: readonly Component[], { name, version, createdAt }: SpdxSubject) {
  const packages = components.map(({ purl, name: component, version: installed, licenses, path }, at) => ({
    SPDXID: `SPDXRef-Package-${at + 1}`,
    name: component,
    versionInfo: installed,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    ...(licenses.length > 0 && { licenseComments: licenses.join(', ') }),
    copyrightText: 'NOASSERTION',
    sourceInfo: path,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }))
  const itself = 'SPDXRef-Artifact'
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: version === '' ? name : `${name}@${version}`,
    documentNamespace: `urn:uuid:${contentUuid(JSON.stringify([name, version, components.map(({ purl }) => purl)]))}`,
    creationInfo: { created: createdAt.replace(/\.\d+Z$/, 'Z'), creators: ['Tool: gati-registry'] },
    packages: [
      {
        ...{ SPDXID: itself, name, ...(version !== '' && { versionInfo: version }), downloadLocation: 'NOASSERTION', filesAnalyzed: false },
        ...{ licenseConcluded: 'NOASSERTION', licenseDeclared: 'NOASSERTION', copyrightText: 'NOASSERTION' },
      },
      ...packages,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: itself },
      ...packages.map(({ SPDXID }) => ({ spdxElementId: itself, relationshipType: 'CONTAINS', relatedSpdxElement: SPDXID })),
    ],
  }
}
