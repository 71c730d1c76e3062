import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileSystemDriver } from '../../src/modules/artifacts/drivers/file-system.ts'
import { blobDriverContract } from './blob-driver.contract.ts'

blobDriverContract('the file system', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-blobs-'))
  return {
    driver: await openFileSystemDriver(folder),
    reopen: () => openFileSystemDriver(folder),
    close: () => rm(folder, { recursive: true, force: true }),
  }
})
