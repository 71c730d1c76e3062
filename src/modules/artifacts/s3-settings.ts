import { Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'

const text = (env: string | readonly string[], description: string, value = '') => Type.String({ default: value, env, description })

/** Settings of the S3 driver, within those of the module. */
export const s3Settings = {
  s3Bucket: text('S3_BUCKET', 'Bucket of an S3-compatible store. Set: blobs live there.'),
  s3Endpoint: text('S3_ENDPOINT', 'URL of the store. Empty: AWS.'),
  s3PublicEndpoint: text('S3_PUBLIC_ENDPOINT', 'URL of the store as clients reach it, for redirects. Empty: s3Endpoint.'),
  s3Region: text(['S3_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'], 'Region that requests are signed for.', 'us-east-1'),
  s3AccessKeyId: text('AWS_ACCESS_KEY_ID', 'Empty: the default credentials of the AWS SDK (profile, container, instance).'),
  s3SecretAccessKey: text('AWS_SECRET_ACCESS_KEY', 'Secret of s3AccessKeyId.'),
  s3SessionToken: text('AWS_SESSION_TOKEN', 'Of temporary credentials.'),
  s3Prefix: Type.String({ default: '', pattern: '^([A-Za-z0-9._-]+/)*$', description: 'Begins every key, ends with a slash.' }),
  s3PathStyle: Type.Boolean({ default: true, description: 'Bucket in the path of URLs; false: in the host name.' }),
  s3PartSize: Type.Integer({
    default: 8_388_608,
    minimum: 5_242_880,
    maximum: 1_073_741_824,
    description: 'Bytes of the parts of an upload; each upload keeps up to two in memory.',
  }),
  s3Checksums: oneOf(['WHEN_REQUIRED', 'WHEN_SUPPORTED'], {
    default: 'WHEN_REQUIRED',
    description: 'Whether the SDK adds a checksum to what it sends and checks it in what it gets. Not every store knows them.',
  }),
  s3ServerSideEncryption: oneOf(['', 'AES256', 'aws:kms'], { default: '', description: 'Encryption at rest that is asked for.' }),
  s3KmsKeyId: Type.String({ default: '', description: 'Key of aws:kms; empty: the one of the bucket.' }),
  s3Redirect: Type.Boolean({
    default: true,
    description: 'GET of a blob is a redirect to the store; false: the bytes go through this process.',
  }),
}
