import { defineModule } from '../../shared/kernel/module.ts'
import { Catalog } from '../metadata/contract.ts'
import { BadgeKinds } from './badges/badge-kinds.ts'
import { Badges } from './contract.ts'
import { AnalyticsSettings } from './settings.ts'

export default defineModule({
  name: 'analytics',
  description: 'Counts what is downloaded, installed, published and searched for, and shows it in numbers and badges.',
  config: AnalyticsSettings,
  deps: { catalog: Catalog },
  provides: { badges: Badges },
  setup: () => ({ badges: new BadgeKinds() }),
  capabilities: ['database', 'effects'],
})
