import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { Collection, CollectionReport } from './contract.ts'
import type { Fsck, FsckReport } from './fsck.contract.ts'

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
}

export class MaintenanceService implements Maintenance {
  readonly #parts: MaintenanceParts

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  async collect(principal: Principal): Promise<CollectionReport> {
    requireAdmin(principal)
    return this.#parts.collection.collect()
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

function requireAdmin(principal: Principal): void {
  if (!isRegistryAdmin(principal)) throw new NotAllowed()
}
