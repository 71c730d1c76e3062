import type { Transaction } from '../../shared/kernel/database.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Catalog } from '../metadata/contract.ts'
import { Assembler } from './assembly/assembler.ts'
import { AssemblyThread } from './assembly/thread.ts'
import { Undescribed, type UndescribedParts } from './assembly/undescribed.ts'
import { DocumentFiles } from './documents/document-files.ts'
import { DocumentMemory } from './documents/document-memory.ts'
import { DocumentShelf } from './documents/document-shelf.ts'
import { LateEncodings } from './documents/late-encodings.ts'
import { PackumentService } from './packument.service.ts'
import type { PackumentSettings } from './settings.ts'
import { SmallTarballs } from './small-tarballs.ts'

export interface PackumentsDeps extends UndescribedParts {
  readonly transaction: Transaction
  readonly catalog: Catalog
  readonly info: KernelInfo
  readonly log: Logger
}

export async function openPackuments(deps: PackumentsDeps, settings: PackumentSettings): Promise<PackumentService> {
  const files = new DocumentFiles(deps.info.dataDir)
  await files.tidy()
  const thread = new AssemblyThread(settings.workerIdleSeconds * 1_000)
  const undescribed = new Undescribed(deps)
  const assembler = new Assembler({ ...deps, undescribed, files, thread }, settings.smallBytes)
  const memory = new DocumentMemory(settings.memoryBytes)
  const late = new LateEncodings({ memory, files, thread, log: deps.log }, settings.quietSeconds * 1_000)
  const shelf = new DocumentShelf({ memory, assembler, late, info: deps.info })
  const small = new SmallTarballs(settings.tarballMemoryBytes)
  return new PackumentService({ ...deps, shelf, undescribed, late, thread, small })
}
