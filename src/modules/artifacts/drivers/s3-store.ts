import type { Readable } from 'node:stream'
import type { GetObjectCommandInput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { isDomainError } from '../../../shared/errors/domain-error.ts'
import { BlobMissing, StoreUnavailable } from '../errors.ts'
import type { ArtifactsSettings } from '../settings.ts'
import { inParallel } from './in-parallel.ts'

export interface S3Object {
  readonly key: string
  readonly sizeBytes: number
  readonly modifiedAt: Date
}

type Sdk = typeof import('@aws-sdk/client-s3')

const requestParallelism = 8
// The most that one CopyObject or UploadPartCopy takes is 5 GiB; smaller pieces are copied side by side.
const copyPieceBytes = 1_073_741_824
const presignedSeconds = 900

/** Objects of one bucket below a prefix. What is not there is `undefined` or `BlobMissing`; anything else that fails is `StoreUnavailable`. */
export class S3Store {
  readonly #sdk: Sdk
  readonly #client: S3Client
  readonly #settings: ArtifactsSettings
  #publicClient: Promise<S3Client> | undefined

  constructor(sdk: Sdk, settings: ArtifactsSettings) {
    this.#sdk = sdk
    this.#settings = settings
    this.#client = new sdk.S3Client(clientConfig(settings, settings.s3Endpoint))
  }

  #at(key: string) {
    return { Bucket: this.#settings.s3Bucket, Key: `${this.#settings.s3Prefix}${key}` }
  }

  get #encryption() {
    const { s3ServerSideEncryption: mode, s3KmsKeyId: key } = this.#settings
    return mode === '' ? {} : { ServerSideEncryption: mode, ...(key !== '' && { SSEKMSKeyId: key }) }
  }

  async put(key: string, body: Buffer): Promise<void> {
    const { PutObjectCommand } = this.#sdk
    await attempt(this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: body, ...this.#encryption })))
  }

  /** Throws `BlobMissing`. */
  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const { GetObjectCommand } = this.#sdk
    const part = range && { Range: `bytes=${range.start}-${range.end}` }
    const found = await attemptFound(this.#client.send(new GetObjectCommand({ ...this.#at(key), ...part })))
    if (!found) throw new BlobMissing()
    return found.Body as Readable
  }

  async readText(key: string): Promise<string | undefined> {
    const { GetObjectCommand } = this.#sdk
    const found = await attemptFound(this.#client.send(new GetObjectCommand(this.#at(key))))
    return found?.Body && attempt(found.Body.transformToString())
  }

  async size(key: string): Promise<number | undefined> {
    const { HeadObjectCommand } = this.#sdk
    return (await attemptFound(this.#client.send(new HeadObjectCommand(this.#at(key)))))?.ContentLength
  }

  async remove(key: string): Promise<void> {
    const { DeleteObjectCommand } = this.#sdk
    await attemptFound(this.#client.send(new DeleteObjectCommand(this.#at(key))))
  }

  /** One by one, because not every store knows the request that removes several. */
  async removeAll(keys: readonly string[]): Promise<void> {
    await inParallel(requestParallelism * 2, keys, (key) => this.remove(key))
  }

  /** In the order of their keys. */
  async *list(folder: string): AsyncGenerator<S3Object> {
    const { ListObjectsV2Command } = this.#sdk
    const { Bucket, Key: Prefix } = this.#at(folder)
    for (let token: string | undefined; ; ) {
      const page = await attempt(
        this.#client.send(new ListObjectsV2Command({ Bucket, Prefix, ...(token !== undefined && { ContinuationToken: token }) })),
      )
      for (const { Key, Size = 0, LastModified = new Date() } of page.Contents ?? [])
        if (Key !== undefined) yield { key: Key.slice(this.#settings.s3Prefix.length), sizeBytes: Size, modifiedAt: LastModified }
      token = page.NextContinuationToken
      if (!page.IsTruncated || token === undefined) return
    }
  }

  async listAll(folder: string): Promise<S3Object[]> {
    const objects: S3Object[] = []
    for await (const object of this.list(folder)) objects.push(object)
    return objects
  }

  /** Objects, one after the other, as one. The bytes never come here. Throws `BlobMissing` when one is not there. */
  async concatenate(target: string, parts: readonly Pick<S3Object, 'key' | 'sizeBytes'>[]): Promise<void> {
    const [first, ...more] = parts
    if (!first) return this.put(target, Buffer.alloc(0))
    if (more.length > 0 || first.sizeBytes > copyPieceBytes) return this.#assemble(target, parts.flatMap(piecesOf))
    const { CopyObjectCommand } = this.#sdk
    await found(this.#client.send(new CopyObjectCommand({ ...this.#at(target), ...this.#source(first.key), ...this.#encryption })))
  }

  async #assemble(target: string, pieces: readonly Piece[]): Promise<void> {
    const { CreateMultipartUploadCommand, CompleteMultipartUploadCommand, AbortMultipartUploadCommand } = this.#sdk
    const { UploadId } = await attempt(this.#client.send(new CreateMultipartUploadCommand({ ...this.#at(target), ...this.#encryption })))
    const upload = { ...this.#at(target), UploadId }
    try {
      const Parts = await inParallel(requestParallelism, pieces, (piece, index) => this.#copyPart(upload, piece, index + 1))
      await attempt(this.#client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })))
    } catch (error) {
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
      throw error
    }
  }

  async #copyPart(upload: { Bucket: string; Key: string; UploadId: string | undefined }, { key, range }: Piece, PartNumber: number) {
    const { UploadPartCopyCommand } = this.#sdk
    const part = range && { CopySourceRange: `bytes=${range.start}-${range.end}` }
    const command = new UploadPartCopyCommand({ ...upload, ...this.#source(key), PartNumber, ...part })
    const { CopyPartResult } = await found(this.#client.send(command))
    return { PartNumber, ETag: CopyPartResult?.ETag }
  }

  #source(key: string) {
    const { Bucket, Key } = this.#at(key)
    return { CopySource: `${Bucket}/${Key}` }
  }

  /** Assemblies that a kill left behind hold bytes that no list of objects shows. */
  async dropAssemblies(folder: string, olderThan: Date): Promise<void> {
    const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = this.#sdk
    const { Bucket, Key: Prefix } = this.#at(folder)
    const { Uploads = [] } = await attempt(this.#client.send(new ListMultipartUploadsCommand({ Bucket, Prefix })))
    for (const { Key, UploadId, Initiated = new Date() } of Uploads)
      if (Key !== undefined && Initiated < olderThan)
        await attemptFound(this.#client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
  }

  /** A URL that anybody may get the object with for 15 minutes. Asks nobody. */
  async presign(key: string, as: Pick<GetObjectCommandInput, 'ResponseContentType' | 'ResponseContentDisposition'>): Promise<string> {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    this.#publicClient ??= this.#openPublic()
    return getSignedUrl(await this.#publicClient, new this.#sdk.GetObjectCommand({ ...this.#at(key), ...as }), {
      expiresIn: presignedSeconds,
    })
  }

  async #openPublic(): Promise<S3Client> {
    const { s3PublicEndpoint } = this.#settings
    return s3PublicEndpoint === '' ? this.#client : new this.#sdk.S3Client(clientConfig(this.#settings, s3PublicEndpoint))
  }

  async ping(): Promise<void> {
    const { HeadBucketCommand } = this.#sdk
    await attempt(this.#client.send(new HeadBucketCommand({ Bucket: this.#settings.s3Bucket })))
  }
}

interface Piece {
  readonly key: string
  readonly range?: { readonly start: number; readonly end: number }
}

function piecesOf({ key, sizeBytes }: Pick<S3Object, 'key' | 'sizeBytes'>): Piece[] {
  if (sizeBytes <= copyPieceBytes) return [{ key }]
  return Array.from({ length: Math.ceil(sizeBytes / copyPieceBytes) }, (_, index) => {
    const start = index * copyPieceBytes
    return { key, range: { start, end: Math.min(start + copyPieceBytes, sizeBytes) - 1 } }
  })
}

function clientConfig(settings: ArtifactsSettings, endpoint: string): S3ClientConfig {
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey, s3SessionToken: sessionToken } = settings
  return {
    region: settings.s3Region,
    forcePathStyle: settings.s3PathStyle,
    requestChecksumCalculation: settings.s3Checksums,
    responseChecksumValidation: settings.s3Checksums,
    // A socket for each download that goes through here.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 60_000,
      httpsAgent: { maxSockets: 1_024 },
      httpAgent: { maxSockets: 1_024 },
    },
    ...(endpoint !== '' && { endpoint }),
    ...(accessKeyId !== '' && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) } }),
  }
}

/** Undefined for what is not there. */
const attemptFound = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (statusOf(error) === 404 && !isBucketMissing(error)) return undefined
    throw new StoreUnavailable(error)
  })

const attempt = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw isDomainError(error) ? error : new StoreUnavailable(error)
  })

async function found<T>(work: Promise<T>): Promise<T> {
  const answer = await attemptFound(work)
  if (answer === undefined) throw new BlobMissing()
  return answer
}

const isBucketMissing = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchBucket'

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode
}
