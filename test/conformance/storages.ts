interface Storage {
  readonly name: string
  /** What the server has to be told to keep its blobs there. */
  readonly env: Readonly<Record<string, string>>
}

/** Everything the server can keep blobs in; S3 when the services of scripts/services.sh run. */
export const storages: readonly Storage[] = [{ name: 'the file system', env: {} }, ...s3()]

/** In CI the S3 server is there, always. */
function s3(): Storage[] {
  const endpoint = process.env['GATI_TEST_S3_ENDPOINT']
  if (endpoint === undefined && process.env['CI'] === undefined) return []
  const required = (name: string): string => {
    const value = process.env[name]
    if (value === undefined || value === '') throw new Error(`${name} is not set: start the services with scripts/services.sh`)
    return value
  }
  const env = {
    REGISTRY_ARTIFACTS_DRIVER: 's3',
    S3_ENDPOINT: required('GATI_TEST_S3_ENDPOINT'),
    S3_BUCKET: required('GATI_TEST_S3_BUCKET'),
    AWS_ACCESS_KEY_ID: required('GATI_TEST_S3_ACCESS_KEY'),
    AWS_SECRET_ACCESS_KEY: required('GATI_TEST_S3_SECRET_KEY'),
    REGISTRY_ARTIFACTS_S3_PREFIX: `conformance-${process.pid}/`,
  }
  return [{ name: 'S3', env }]
}
