import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../shared/errors/problem.ts'
import { pathOf } from '../../shared/kernel/http-exchange.ts'
import { type OperationKind, parseOperation } from './operation.ts'
import { sendJson } from './page.ts'
import { uploadedRange } from './upload-session.ts'

/** Of the OCI distribution-spec, "Error Codes", and two of its predecessor for what that has no code for. */
type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAVAILABLE'
  | 'UNKNOWN'

const ofProblem: Readonly<Record<string, ErrorCode>> = {
  'artifacts.blob_unknown': 'BLOB_UNKNOWN',
  'artifacts.manifest_blob_unknown': 'MANIFEST_BLOB_UNKNOWN',
  'artifacts.manifest_unknown': 'MANIFEST_UNKNOWN',
  'metadata.tag_not_found': 'MANIFEST_UNKNOWN',
  'metadata.version_not_found': 'MANIFEST_UNKNOWN',
  'artifacts.digest_mismatch': 'DIGEST_INVALID',
  'artifacts.digest_invalid': 'DIGEST_INVALID',
  'oci.algorithm_invalid': 'DIGEST_INVALID',
  'artifacts.size_mismatch': 'SIZE_INVALID',
  'artifacts.range_unsatisfiable': 'SIZE_INVALID',
  'artifacts.upload_unknown': 'BLOB_UPLOAD_UNKNOWN',
  'artifacts.upload_busy': 'BLOB_UPLOAD_INVALID',
  'artifacts.blob_in_use': 'UNSUPPORTED',
  'artifacts.manifest_in_use': 'UNSUPPORTED',
  'metadata.artifact_not_found': 'NAME_UNKNOWN',
  'metadata.namespace_not_found': 'NAME_UNKNOWN',
  'oci.name_unknown': 'NAME_UNKNOWN',
  'oci.name_invalid': 'NAME_INVALID',
  'oci.route_unknown': 'UNSUPPORTED',
  'request.not_found': 'UNSUPPORTED',
  'metadata.name_invalid': 'NAME_INVALID',
  'metadata.name_confusable': 'NAME_INVALID',
  'oci.tag_invalid': 'MANIFEST_INVALID',
  'metadata.tag_invalid': 'MANIFEST_INVALID',
}

const ofStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  405: 'UNSUPPORTED',
  409: 'DENIED',
  413: 'SIZE_INVALID',
  415: 'UNSUPPORTED',
  429: 'TOOMANYREQUESTS',
  500: 'UNKNOWN',
  503: 'UNAVAILABLE',
  507: 'UNAVAILABLE',
}

const unknownOf: Partial<Record<OperationKind, ErrorCode>> = {
  manifest: 'MANIFEST_UNKNOWN',
  blob: 'BLOB_UNKNOWN',
  upload: 'BLOB_UPLOAD_UNKNOWN',
}
const invalidOf: Partial<Record<OperationKind, ErrorCode>> = {
  ...{ manifest: 'MANIFEST_INVALID', blob: 'DIGEST_INVALID', upload: 'BLOB_UPLOAD_INVALID', uploads: 'BLOB_UPLOAD_INVALID' },
}

/** Old docker clients look for it, on refusals as well. */
export const apiVersion = { 'docker-distribution-api-version': 'registry/2.0' }

/** Every failure under `/v2/` in the form of the OCI distribution-spec, "Error Codes". */
export function renderError(problem: Problem, reply: FastifyReply, request: FastifyRequest): FastifyReply {
  const { status, error } = toOciError(problem, kindOf(request))
  const { offset } = problem.details
  if (problem.code === 'artifacts.range_not_satisfiable' && typeof offset === 'number')
    reply.headers({ range: uploadedRange(offset), location: pathOf(request.url) })
  return sendJson(reply.code(status).headers(apiVersion), { errors: [error] })
}

/** `kind`: what the request was about, if that could be said. */
export function toOciError(problem: Problem, kind: OperationKind | undefined) {
  const code = codeOf(problem, kind)
  return { status: statusOf(problem, code), error: errorOf(problem, code) }
}

function kindOf({ params }: FastifyRequest): OperationKind | undefined {
  const path: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, '*') : undefined
  return typeof path === 'string' ? parseOperation(path)?.kind : undefined
}

function codeOf({ code, status }: Problem, kind: OperationKind | undefined): ErrorCode {
  // Only a push of a manifest speaks of blobs at a manifest.
  if (code === 'artifacts.blob_unknown' && kind === 'manifest') return 'MANIFEST_BLOB_UNKNOWN'
  const known = ofProblem[code] ?? ofStatus[status]
  if (known) return known
  if (status >= 500) return 'UNKNOWN'
  return ((status === 404 ? unknownOf : invalidOf)[kind ?? 'tags'] ?? (status === 404 ? 'NAME_UNKNOWN' : 'UNSUPPORTED')) satisfies ErrorCode
}

/** A blob that is missing from a manifest is a fault of that manifest, and one that is used is not to be deleted (design.md §5 decision 5). */
function statusOf({ status, code }: Problem, rendered: ErrorCode): number {
  if (rendered === 'MANIFEST_BLOB_UNKNOWN') return 400
  return code.endsWith('_in_use') ? 405 : status
}

/** A name is unknown in one way only, whichever part of it is and whether or not it is hidden (design.md §4). */
function errorOf({ message, details }: Problem, code: ErrorCode) {
  if (code === 'NAME_UNKNOWN') return { code, message: 'there is no such repository, or you may not see it' }
  return { code, message, ...(Object.keys(details).length > 0 && { detail: details }) }
}
