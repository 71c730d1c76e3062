import { join } from 'node:path'
import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { ManifestWarnings } from '../artifacts/manifest-warnings.contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import { AdvisoriesService } from './advisories.service.ts'
import { AnalysisRunner } from './analysis/analysis-runner.ts'
import { analysisSources } from './analysis-sources.ts'
import { PublicationGate } from './publication-gate.ts'
import { type Analyst, analysisVersion, type ScanDeps, ScanService } from './scan.service.ts'
import { scanDurations } from './scan-durations.ts'
import { ScanWorkService } from './scan-work.service.ts'
import type { Scanner } from './scanner.ts'
import { type ScansDeps, ScansService } from './scans.service.ts'
import { createScores } from './scores.ts'
import type { ScanningSettings } from './settings.ts'
import { TrivyScanner } from './trivy/trivy-scanner.ts'
import { VulnerabilityWarnings } from './vulnerability-warnings.ts'

export type ScanningDeps = ScanDeps &
  ScansDeps & {
    readonly publications: Publications
    readonly manifestWarnings: ManifestWarnings
    readonly caches: LocalCaches
    readonly info: KernelInfo
    readonly log: Logger
    readonly metrics: Metrics
  }

/** `runner` unpacks in child processes, unless a test brings another one. */
export function openScanning(deps: ScanningDeps, settings: ScanningSettings, runner: Analyst = runnerOf(deps, settings)) {
  const gate = new PublicationGate(deps, settings)
  deps.publications.addPolicy(gate)
  const warnings = new VulnerabilityWarnings(deps)
  deps.manifestWarnings.addSource((manifest) => warnings.of(manifest))
  const scanners = scannersOf(deps, settings)
  const analysedBy = analysisVersion(analysisSources(), settings)
  const scanning = new ScanService(deps, {
    runner,
    analysedBy,
    scanners,
    gate,
    warnings,
    automatic: settings.automatic,
    durations: scanDurations(deps.metrics),
  })
  return {
    advisories: new AdvisoriesService(deps),
    scans: new ScansService(deps, scanning, settings.rescanPauseSeconds),
    scores: createScores(deps.database),
    work: new ScanWorkService(deps, scanning, settings),
    // Not for other modules: what can be disposed of is, when the registry stops.
    runner,
  }
}

function runnerOf({ log }: ScanningDeps, settings: ScanningSettings): AnalysisRunner {
  const { concurrency: maxProcesses, timeoutSeconds, analysesPerProcess, suppressedRules, popularNames } = settings
  return new AnalysisRunner({ maxProcesses, timeoutMs: timeoutSeconds * 1_000, analysesPerProcess, suppressedRules, popularNames, log })
}

function scannersOf({ info }: ScanningDeps, { trivyBinary, trivyServer, trivyTimeoutSeconds }: ScanningSettings): Scanner[] {
  if (trivyBinary === '') return []
  const folder = join(info.dataDir, 'cache', 'trivy')
  return [new TrivyScanner({ binary: trivyBinary, server: trivyServer, timeoutMs: trivyTimeoutSeconds * 1_000, folder })]
}
