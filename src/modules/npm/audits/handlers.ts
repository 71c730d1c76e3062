import type { Handler } from '../../../shared/kernel/handler.ts'
import { auditTree, auditTreeQuickly } from './handlers/audit-tree.ts'
import { findAdvisories } from './handlers/find-advisories.ts'

export const auditHandlers: readonly Handler[] = [findAdvisories, auditTree, auditTreeQuickly]
