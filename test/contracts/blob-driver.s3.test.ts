import { openS3Driver } from '../../src/modules/artifacts/drivers/s3.ts'
import { emptyBucket, testS3Settings } from '../support/s3-server.ts'
import { blobDriverContract } from './blob-driver.contract.ts'

// The times that S3 tells are whole seconds.
blobDriverContract(
  'S3',
  async () => {
    const settings = testS3Settings()
    return {
      driver: await openS3Driver(settings),
      reopen: () => openS3Driver(settings),
      close: () => emptyBucket(settings),
    }
  },
  { tickMs: 1_100 },
)
