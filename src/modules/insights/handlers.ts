import type { Handler } from '../../shared/kernel/handler.ts'
import { findOutdated } from './handlers/find-outdated.ts'
import { findTemplates } from './handlers/find-templates.ts'
import { listRecommendations } from './handlers/list-recommendations.ts'
import { recommendForProject } from './handlers/recommend-for-project.ts'
import { showBlastRadius } from './handlers/show-blast-radius.ts'
import { showDependants } from './handlers/show-dependants.ts'
import { showDependencies } from './handlers/show-dependencies.ts'
import { showHealth } from './handlers/show-health.ts'
import { showImpact } from './handlers/show-impact.ts'
import { showVersionImpact } from './handlers/show-version-impact.ts'

/** Every route of the module. */
export const handlers: readonly Handler[] = [
  showDependencies,
  showDependants,
  showImpact,
  showVersionImpact,
  showBlastRadius,
  showHealth,
  findOutdated,
  listRecommendations,
  recommendForProject,
  findTemplates,
]
