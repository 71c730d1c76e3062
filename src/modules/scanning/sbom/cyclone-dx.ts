import { createHash } from 'node:crypto'
import type { Component } from '../analysis.contract.ts'

export interface SbomSubject {
  readonly name: string
  readonly version: string
}

/** Derived from the content: the same components give the same document. */
export function contentUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** https://cyclonedx.org/docs/1.6/json/ */
export function cycloneDx(components: readonly Component[], { name, version }: SbomSubject) {
  const listed = components.map(({ purl, name: component, version: installed, licenses, path, source, ecosystem }) => ({
    type: 'library',
    'bom-ref': purl,
    name: component,
    version: installed,
    purl,
    ...(licenses.length > 0 && { licenses: licenses.map((license) => ({ license: { name: license } })) }),
    properties: [
      { name: 'gati:path', value: path },
      { name: 'gati:ecosystem', value: ecosystem },
      ...(source ? [{ name: 'gati:source', value: `${source.name} ${source.version}` }] : []),
    ],
  }))
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${contentUuid(JSON.stringify([name, version, components.map(({ purl }) => purl)]))}`,
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'gati-registry' }] },
      component: { type: 'application', 'bom-ref': 'artifact', name, ...(version !== '' && { version }) },
    },
    components: listed,
  }
}
