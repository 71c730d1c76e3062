import type { Holding } from '../../metadata/packages.contract.ts'
import { packageText } from '../package-name.ts'
import { permissionsOf } from './package-params.ts'

export const viewHoldings = (holdings: readonly Holding[]): Record<string, string> =>
  permissionsOf(holdings.map((holding) => [packageText(holding), holding.writes] as const))
