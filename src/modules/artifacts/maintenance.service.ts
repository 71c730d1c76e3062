import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Audit } from '../auth/contract.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { Collection, CollectionReport, Fsck, FsckReport } from './contract.ts'

/** Upkeep of the store, for administrators of the whole registry. */
export interface Maintenance {
  collect(principal: Principal): Promise<CollectionReport>
  lastCollection(principal: Principal): Promise<CollectionReport | undefined>
  check(principal: Principal, options: { readonly bytes?: boolean }): Promise<FsckReport>
}
export const Maintenance = service<Maintenance>('artifacts.maintenance')

export interface MaintenanceParts {
  readonly collection: Collection
  readonly fsck: Fsck
  readonly audit: Audit
}

export class MaintenanceService implements Maintenance {
  readonly #parts: MaintenanceParts

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  async collect(principal: Principal): Promise<CollectionReport> {
    requireAdmin(principal)
    const report = await this.#parts.collection.collect()
    await this.#parts.audit.record({ action: 'garbage.collected', subject: 'registry', after: report })
    return report
  }

  async lastCollection(principal: Principal): Promise<CollectionReport | undefined> {
    requireAdmin(principal)
    return this.#parts.collection.lastReport()
  }

  async check(principal: Principal, options: { readonly bytes?: boolean }): Promise<FsckReport> {
    requireAdmin(principal)
    return this.#parts.fsck.check(options)
  }
}

function requireAdmin({ isAdmin, namespaces, artifacts }: Principal): void {
  if (!isAdmin || namespaces !== undefined || artifacts !== undefined) throw new NotAllowed()
}
