import { expect, test } from 'vitest'
import { validateArtifactManifest } from '../../../../src/modules/metadata/manifest/validate-artifact-manifest.ts'
import { artifactTypes } from '../../../../src/shared/types/artifact-type.ts'
import { seedManifests } from './seed-manifests.ts'

const seeded = Object.keys(seedManifests) as (keyof typeof seedManifests)[]

test('the seed has an example of six types', () => {
  expect([...seeded].sort()).toEqual(['agent', 'model', 'module-wasm', 'plugin', 'template', 'transformer'])
})

test.each(seeded)("the seed's %s manifest is valid as it stands (Q115-Q119, Q151)", (type) => {
  expect(validateArtifactManifest(type, seedManifests[type])).toEqual([])
})

test.each(artifactTypes)('a %s manifest must have content', (type) => {
  expect(validateArtifactManifest(type, {})).not.toEqual([])
})
