import type { NpmSettings } from '../settings.ts'
import { PackagePublisher, type PackagePublisherParts } from './package-publisher.service.ts'
import { PackageStages, type PackageStagesParts } from './package-stages.service.ts'

type Parts = Omit<PackagePublisherParts, 'limits'> & Omit<PackageStagesParts, 'publisher'>

/** The services of this slice. */
export function openPublishing(parts: Parts, settings: NpmSettings) {
  const publisher = new PackagePublisher({ ...parts, limits: settings })
  return { publisher, staging: new PackageStages({ ...parts, publisher }) }
}
