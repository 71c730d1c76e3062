import { wantedRange } from '../wanted-range.ts'
import type { HealthFacts } from './health.queries.ts'
import type { HealthInputs } from './health-formula.ts'

type Steps = Pick<HealthInputs, 'steps' | 'breakingSteps' | 'undeclaredSteps' | 'bridgedSteps' | 'bridgedUndeclaredSteps'>

/** How many of the steps break, say so, and have a transformer that leads over them. */
export function countSteps({ steps, transformers }: Pick<HealthFacts, 'steps' | 'transformers'>): Steps {
  const breaking = steps.filter((step) => step.breaking)
  const bridged = breaking.filter(({ from, to }) =>
    transformers.some((one) => wantedRange(one.from).takes(from) && wantedRange(one.to).takes(to)),
  )
  const undeclared = (some: typeof breaking) => some.filter((step) => step.undeclared).length
  return {
    ...{ steps: steps.length, breakingSteps: breaking.length, undeclaredSteps: undeclared(breaking) },
    ...{ bridgedSteps: bridged.length, bridgedUndeclaredSteps: undeclared(bridged) },
  }
}
