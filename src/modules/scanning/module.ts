import { Type } from '@sinclair/typebox'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Audit } from '../auth/contract.ts'
import { AdvisoriesService } from './advisories.service.ts'
import { Advisories } from './contract.ts'

export default defineModule({
  name: 'scanning',
  description: 'Advisories about vulnerable and malicious packages, imported from OSV documents.',
  config: Type.Object({}),
  deps: { database: Database, transaction: Transaction, audit: Audit },
  provides: { advisories: Advisories },
  setup: (deps) => ({ advisories: new AdvisoriesService(deps) }),
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database'],
})
