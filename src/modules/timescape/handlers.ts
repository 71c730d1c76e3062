import type { Handler } from '../../shared/kernel/handler.ts'
import { checkCompatibility } from './handlers/check-compatibility.ts'
import { findArtifactPolicy } from './handlers/find-artifact-policy.ts'
import { findGuide } from './handlers/find-guide.ts'
import { findNamespacePolicy } from './handlers/find-namespace-policy.ts'
import { listBreakingChanges } from './handlers/list-breaking-changes.ts'
import { listDependants } from './handlers/list-dependants.ts'
import { listDeprecations } from './handlers/list-deprecations.ts'
import { listTransformers } from './handlers/list-transformers.ts'
import { removeDeprecation } from './handlers/remove-deprecation.ts'
import { removeGuide } from './handlers/remove-guide.ts'
import { resolveVersion } from './handlers/resolve-version.ts'
import { setArtifactPolicy } from './handlers/set-artifact-policy.ts'
import { setDeprecation } from './handlers/set-deprecation.ts'
import { setGuide } from './handlers/set-guide.ts'
import { setNamespacePolicy } from './handlers/set-namespace-policy.ts'
import { showDiff } from './handlers/show-diff.ts'
import { showGraph } from './handlers/show-graph.ts'
import { transformPayload } from './handlers/transform-payload.ts'

/** Every route of the module. */
export const handlers: readonly Handler[] = [
  checkCompatibility,
  findArtifactPolicy,
  findGuide,
  findNamespacePolicy,
  listBreakingChanges,
  listDependants,
  listDeprecations,
  listTransformers,
  removeDeprecation,
  removeGuide,
  resolveVersion,
  setArtifactPolicy,
  setDeprecation,
  setGuide,
  setNamespacePolicy,
  showDiff,
  showGraph,
  transformPayload,
]
