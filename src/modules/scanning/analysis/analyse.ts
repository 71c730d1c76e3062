import type { AnalysisReport } from '../analysis.contract.ts'
import { ArtifactVisitor } from './artifact-visitor.ts'
import { BlobLost, type FrameReader } from './frames.ts'
import { verdictOf } from './rules/findings.ts'
import type { TaskHeader } from './task-header.ts'
import { Budget, BudgetSpent, defaultLimits, type WalkLimits } from './walk/limits.ts'
import { Spool } from './walk/spool.ts'
import { Walker } from './walk/walker.ts'

/** Looks at all blobs of a task, one after the other, and says what was found. */
export async function analyse(
  task: TaskHeader,
  frames: Pick<FrameReader, 'blob'>,
  limits: WalkLimits = defaultLimits,
): Promise<AnalysisReport> {
  const budget = new Budget(limits)
  const visitor = new ArtifactVisitor(task)
  const walker = new Walker(budget, visitor, new Spool(task.folder, limits))
  for (const [index, { fileName, sizeBytes }] of task.layers.entries()) {
    const blob = frames.blob()
    try {
      await walker.walk(blob, { path: fileName, sizeBytes, mode: 0o644 })
    } catch (error) {
      if (error instanceof BlobLost) visitor.gap({ path: fileName || `blob ${index}`, isNested: false }, 'could not be read to its end')
      else if (error instanceof BudgetSpent) visitor.odd('archive/limit-reached', { path: fileName, isNested: false }, error.message)
      else throw error
    }
    for await (const _ of blob);
    visitor.endLayer()
  }
  const findings = visitor.conclude()
  return {
    verdict: verdictOf(findings),
    components: visitor.components(),
    findings,
    gaps: visitor.gaps,
    notes: visitor.notes,
    filesSeen: budget.entries,
    bytesSeen: visitor.bytesSeen,
  }
}
