import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ArtifactFormatSchema,
  ArtifactTypeSchema,
  allowedFormats,
  artifactFormats,
  artifactTypes,
  formatOf,
  parseArtifactFormat,
  parseArtifactType,
} from '../../../src/shared/types/artifact-type.ts'
import { hostileText } from './hostile-text.ts'

test('there are eleven types and four formats (Q098)', () => {
  expect(new Set(artifactTypes).size).toBe(11)
  expect(new Set(artifactFormats).size).toBe(4)
})

test('every type has the format of design.md §2, what packages of npm say they are may be one, and any may be an OCI repository', () => {
  expect(Object.fromEntries(artifactTypes.map((type) => [type, allowedFormats(type)]))).toEqual({
    'module-node': ['npm', 'oci'],
    'module-oci': ['oci'],
    'module-wasm': ['generic', 'npm', 'oci'],
    'module-binary': ['generic', 'oci'],
    'module-external': ['generic', 'oci'],
    plugin: ['npm', 'generic', 'oci'],
    model: ['model', 'oci'],
    agent: ['generic', 'npm', 'oci'],
    template: ['generic', 'npm', 'oci'],
    snapshot: ['generic', 'oci'],
    transformer: ['generic', 'npm', 'oci'],
  })
  for (const type of artifactTypes) expect(allowedFormats(type)[0]).toBe(formatOf(type))
})

test('only the exact names parse, and the schemas agree', () => {
  for (const type of artifactTypes) expect(parseArtifactType(type)).toBe(type)
  for (const format of artifactFormats) expect(parseArtifactFormat(format)).toBe(format)
  const mutated = fc.oneof(
    hostileText,
    fc
      .constantFrom(...artifactTypes, ...artifactFormats)
      .chain((name) => fc.constantFrom(name.toUpperCase(), `${name} `, `${name}\0`, name.slice(1), `${name}s`)),
  )
  fc.assert(
    fc.property(mutated, (text) => {
      expect(parseArtifactType(text)).toBeUndefined()
      expect(parseArtifactFormat(text)).toBeUndefined()
      expect(Value.Check(ArtifactTypeSchema, text) || Value.Check(ArtifactFormatSchema, text)).toBe(false)
    }),
  )
})
