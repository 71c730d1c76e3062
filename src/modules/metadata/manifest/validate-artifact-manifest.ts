import type { ArtifactType } from '../../../shared/types/artifact-type.ts'
import { agent } from './agent-manifest.ts'
import { findBoundsProblem } from './manifest-bounds.ts'
import type { ManifestGrammar } from './manifest-grammar.ts'
import type { ManifestProblem } from './manifest-problem.ts'
import { model } from './model-manifest.ts'
import { moduleBinary } from './module-binary-manifest.ts'
import { moduleExternal } from './module-external-manifest.ts'
import { moduleNode, moduleOci, moduleWasm } from './module-manifests.ts'
import { plugin } from './plugin-manifest.ts'
import { snapshot } from './snapshot-manifest.ts'
import { template } from './template-manifest.ts'
import { transformer } from './transformer-manifest.ts'

const grammars: Readonly<Record<ArtifactType, ManifestGrammar>> = {
  'module-node': moduleNode,
  'module-oci': moduleOci,
  'module-wasm': moduleWasm,
  'module-binary': moduleBinary,
  'module-external': moduleExternal,
  plugin,
  model,
  agent,
  template,
  snapshot,
  transformer,
}

/**
 * What is wrong with the manifest of an artifact of this type, at most 100 problems; empty when it is valid. Takes a parsed JSON document
 * and never throws. Members that no schema names are allowed and kept. Whether `name` and `version` are those of the publish, and whether what
 * the manifest refers to exists, is for the caller to check.
 */
export function validateArtifactManifest(type: ArtifactType, manifest: unknown): ManifestProblem[] {
  const outOfBounds = findBoundsProblem(manifest)
  return outOfBounds ? [outOfBounds] : grammars[type].findProblems(manifest)
}
