import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { defineHandler, type Handler, type HandlerAuth } from '../../shared/kernel/handler.ts'
import { AuthRequired, BadExchange } from '../../shared/kernel/http-errors.ts'
import { References } from '../metadata/references.contract.ts'
import type { Handle, Services } from './call.ts'
import { Door } from './door.ts'
import { OperationUnknown } from './errors.ts'
import { appendUpload } from './handlers/append-upload.ts'
import { cancelUpload } from './handlers/cancel-upload.ts'
import { deleteBlob } from './handlers/delete-blob.ts'
import { deleteManifest } from './handlers/delete-manifest.ts'
import { fetchBlob } from './handlers/fetch-blob.ts'
import { fetchManifest } from './handlers/fetch-manifest.ts'
import { findUpload } from './handlers/find-upload.ts'
import { finishUpload } from './handlers/finish-upload.ts'
import { listReferrers } from './handlers/list-referrers.ts'
import { listRepositories } from './handlers/list-repositories.ts'
import { listTags } from './handlers/list-tags.ts'
import { openUpload } from './handlers/open-upload.ts'
import { pushManifest } from './handlers/push-manifest.ts'
import { type OperationKind, parseOperation } from './operation.ts'
import { sendJson } from './page.ts'
import { DoorRepositories, DoorUploads } from './upstream/upstreams.ts'

type Table = { readonly [K in OperationKind]?: Handle<K> }

const reading: Table = {
  ...{ manifest: fetchManifest, blob: fetchBlob, upload: findUpload },
  ...{ tags: listTags, referrers: listReferrers, catalog: listRepositories },
}

interface Verb {
  readonly method: HTTPMethods | HTTPMethods[]
  /** `read`: the caller has to be known. More is asked where the repository is known: a token that lacks a scope is answered by a challenge. */
  readonly auth: HandlerAuth
  readonly summary: string
  readonly rawBody?: boolean
  readonly table: Table
}

const verbs: readonly Verb[] = [
  {
    method: ['GET', 'HEAD'],
    auth: 'anonymous',
    summary:
      'Pull: `<name>/manifests/<reference>`, `<name>/blobs/<digest>`, `<name>/referrers/<digest>`, `<name>/tags/list`, `_catalog`; how far `<name>/blobs/uploads/<session>` is',
    table: reading,
  },
  {
    method: 'POST',
    auth: 'read',
    summary:
      'Push a blob: `<name>/blobs/uploads/` opens a session, takes a whole blob (`?digest=`) or mounts one (`?mount=&from=`); needs the scope publish',
    rawBody: true,
    table: { uploads: openUpload },
  },
  {
    method: 'PATCH',
    auth: 'read',
    summary: 'Push a chunk to `<name>/blobs/uploads/<session>`; needs the scope publish',
    rawBody: true,
    table: { upload: appendUpload },
  },
  {
    method: 'PUT',
    auth: 'read',
    summary: 'Finish `<name>/blobs/uploads/<session>?digest=`, or push `<name>/manifests/<reference>`; needs the scope publish',
    rawBody: true,
    table: { upload: finishUpload, manifest: pushManifest },
  },
  {
    method: 'DELETE',
    auth: 'read',
    summary:
      'Delete `<name>/manifests/<reference>` or `<name>/blobs/<digest>`, or cancel `<name>/blobs/uploads/<session>`; needs the scope publish',
    table: { manifest: deleteManifest, blob: deleteBlob, upload: cancelUpload },
  },
]

const Path = Type.Object({ '*': Type.String({ description: 'As in the OCI distribution-spec 1.1; names of repositories hold slashes.' }) })

const routeOf = ({ table, ...verb }: Verb): Handler =>
  defineHandler({
    ...verb,
    url: '/v2/*',
    tags: ['oci'],
    schema: { params: Path },
    deps: { repositories: DoorRepositories, uploads: DoorUploads, references: References, door: Door },
    handle: (request, services, reply) => dispatch(table, { request, reply }, services),
  })

/** Throws OperationUnknown, 405 for a method that an operation does not have, and what its handler throws. */
async function dispatch(
  table: Table,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  services: Services,
): Promise<FastifyReply> {
  const operation = parseOperation(String(Reflect.get(exchange.request.params as object, '*')))
  if (!operation) throw new OperationUnknown()
  // The table has at every kind a handler of that kind, which its type says and the compiler cannot follow.
  const handle = table[operation.kind] as Handle<OperationKind> | undefined
  if (!handle) throw new BadExchange(405, 'oci.unsupported', 'this cannot be done here')
  return handle({ ...exchange, operation }, services)
}

/** Clients find out here which credentials are wanted, so strangers are refused (design.md §4). */
const ping = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/v2/',
  auth: 'anonymous',
  summary: 'Whether this is a registry for OCI clients, and who is calling',
  tags: ['oci'],
  schema: {},
  deps: {},
  async handle({ principal }, _deps, reply) {
    if (principal.userId === undefined) throw new AuthRequired()
    return sendJson(reply, {})
  },
})

export const handlers: readonly Handler[] = [ping, ...verbs.map(routeOf)]
