import type { Handler } from '../../../shared/kernel/handler.ts'
import { searchPackages } from './handlers/search-packages.ts'

export const searchHandlers: readonly Handler[] = [searchPackages]
