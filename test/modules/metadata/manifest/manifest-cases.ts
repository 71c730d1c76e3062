import { expect, test } from 'vitest'
import { validateArtifactManifest } from '../../../../src/modules/metadata/manifest/validate-artifact-manifest.ts'
import type { ArtifactType } from '../../../../src/shared/types/artifact-type.ts'

/** Stands for the absence of a member. */
export const removed = Symbol('removed')

/** Where the valid manifest is changed, and to what; the problem is reported there too, unless `at` says where. */
export interface Change {
  readonly path: string
  readonly to: unknown
  readonly at?: string
}

type Json = Record<string, unknown>

/** A copy with one member set or removed; missing objects on the way are made, `-` appends to an array (RFC 6902). */
export function changed(manifest: object, path: string, to: unknown): Json {
  const copy = structuredClone(manifest) as Json
  const steps = path.split('/').slice(1)
  const last = steps.pop() ?? ''
  let at = copy
  for (const name of steps) {
    at[name] ??= {}
    at = at[name] as Json
  }
  if (Array.isArray(at) && last === '-') at.push(to)
  else if (to === removed) delete at[last]
  else at[last] = to
  return copy
}

export function accepts(type: ArtifactType, manifests: Readonly<Record<string, object>>): void {
  expect(Object.keys(manifests).length).toBeGreaterThanOrEqual(3)
  test.each(Object.entries(manifests))(`a ${type} manifest is accepted: %s`, (_name, manifest) => {
    expect(validateArtifactManifest(type, manifest)).toEqual([])
  })
}

export function rejects(type: ArtifactType, valid: object, changes: Readonly<Record<string, Change>>): void {
  expect(Object.keys(changes).length).toBeGreaterThanOrEqual(5)
  test(`the ${type} manifest that the rejected ones are made of is accepted`, () => {
    expect(validateArtifactManifest(type, valid)).toEqual([])
  })
  test.each(Object.entries(changes))(`a ${type} manifest is rejected: %s`, (_name, { path, to, at = path }) => {
    const problems = validateArtifactManifest(type, changed(valid, path, to))
    expect(problems.map((problem) => problem.path)).toEqual([at])
    for (const { message, expected } of problems) expect([message, expected]).not.toContain('')
  })
}
