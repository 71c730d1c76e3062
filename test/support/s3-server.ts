import { randomUUID } from 'node:crypto'
import * as sdk from '@aws-sdk/client-s3'
import { Value } from '@sinclair/typebox/value'
import { S3Store } from '../../src/modules/artifacts/drivers/s3-store.ts'
import { ArtifactsSettings } from '../../src/modules/artifacts/settings.ts'

const variable = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: these tests need the S3 server of scripts/services.sh`)
  return value
}

/** The S3 server that `npm run test:services` provides, below a prefix of the caller's own. */
export function testS3Settings(own: Partial<ArtifactsSettings> = {}): ArtifactsSettings {
  return {
    ...Value.Create(ArtifactsSettings),
    s3Endpoint: variable('GATI_TEST_S3_ENDPOINT'),
    s3Bucket: variable('GATI_TEST_S3_BUCKET'),
    s3AccessKeyId: variable('GATI_TEST_S3_ACCESS_KEY'),
    s3SecretAccessKey: variable('GATI_TEST_S3_SECRET_KEY'),
    s3Prefix: `${randomUUID()}/`,
    ...own,
  }
}

export const testS3Store = (settings: ArtifactsSettings): S3Store => new S3Store(sdk, settings)

/** Removes what is below the prefix. */
export async function emptyBucket(settings: ArtifactsSettings): Promise<void> {
  const store = testS3Store(settings)
  const objects = await store.listAll('')
  await store.removeAll(objects.map(({ key }) => key))
}
