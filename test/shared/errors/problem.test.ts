import { expect, test } from 'vitest'
import { DomainError, type ErrorKind, isDomainError } from '../../../src/shared/errors/domain-error.ts'
import { toProblem } from '../../../src/shared/errors/problem.ts'

class Failure extends DomainError {
  readonly code = 'test.failure'
  readonly kind: ErrorKind
  constructor(kind: ErrorKind) {
    super('it failed')
    this.kind = kind
  }
  override get details() {
    return { why: 'because' }
  }
  override get suggestions() {
    return ['try again']
  }
  override get retryAfterSeconds() {
    return 3
  }
}

test.each<[ErrorKind, number]>([
  ['invalid', 400],
  ['unauthenticated', 401],
  ['forbidden', 403],
  ['not-found', 404],
  ['conflict', 409],
  ['precondition-failed', 412],
  ['too-large', 413],
  ['range-not-satisfiable', 416],
  ['too-many', 429],
  ['unavailable', 503],
  ['no-space', 507],
])('a failure of kind %s is %i, with its code, details and suggestions', (kind, status) => {
  expect(toProblem(new Failure(kind))).toEqual({
    type: 'urn:registry:test.failure',
    title: 'it failed',
    status,
    code: 'test.failure',
    message: 'it failed',
    details: { why: 'because' },
    suggestions: ['try again'],
    retryAfterSeconds: 3,
  })
})

test('an error of another copy of the kernel is known by its brand', () => {
  const foreign = Object.assign(new Error('elsewhere'), { kind: 'conflict', code: 'acme.taken', details: {}, suggestions: [] })
  expect(isDomainError(foreign)).toBe(false)
  expect(toProblem(Object.assign(foreign, { [Symbol.for('registry.domain-error')]: true }))).toMatchObject({
    status: 409,
    code: 'acme.taken',
  })
})

const withFields = (message: string, fields: object, cause?: unknown) => Object.assign(new Error(message, { cause }), fields)

test.each([
  ['a refused connection', withFields('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' })],
  ['a socket that is gone', withFields('connect ENOENT', { code: 'ENOENT', syscall: 'connect' })],
  ['a shutdown', withFields('terminating connection', { code: '57P01', severity: 'FATAL' })],
  ['a start', withFields('starting up', { code: '57P03', severity: 'FATAL' })],
  ['too many connections', withFields('too many clients', { code: '53300', severity: 'FATAL' })],
  ['a lock timeout', withFields('lock timeout', { code: '55P03', severity: 'ERROR' })],
  ['a deadlock', withFields('deadlock detected', { code: '40P01', severity: 'ERROR' })],
  ['a full pool', new Error('timeout exceeded when trying to connect')],
  ['a connection cut in a query', new Error('Connection terminated unexpectedly')],
  ['a cause deep inside', new Error('a', { cause: new Error('b', { cause: withFields('c', { code: '57P01', severity: 'FATAL' }) }) })],
])('%s says that the database is away, and when to try again', (_case, error) => {
  expect(toProblem(error)).toMatchObject({ status: 503, code: 'service.unavailable', retryAfterSeconds: 2 })
})

test.each([
  ['a bug', new TypeError('secret is not a function')],
  ['a missing file', withFields('ENOENT: secret', { code: 'ENOENT', syscall: 'open' })],
  ['a broken constraint', withFields('secret', { code: '23505', severity: 'ERROR' })],
  ['a syntax error', withFields('secret', { code: '42601', severity: 'ERROR' })],
  ['what is no error', 'secret'],
])('%s is a plain 500 that tells nothing', (_case, error) => {
  expect(toProblem(error)).toEqual({
    type: 'urn:registry:internal',
    title: 'Internal Server Error',
    status: 500,
    code: 'internal',
    message: 'Internal Server Error',
    details: {},
    suggestions: [],
  })
})

test('a full disk is 507', () => {
  for (const code of ['ENOSPC', 'EDQUOT'])
    expect(toProblem(withFields('secret', { code }))).toMatchObject({ status: 507, code: 'storage.full' })
})

test('an error of the framework keeps its status below 500', () => {
  const tooLarge = withFields('Request body is too large', { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 })
  expect(toProblem(tooLarge)).toMatchObject({ status: 413, code: 'request.ctp_body_too_large' })
  expect(toProblem(withFields('secret', { statusCode: 502 }))).toMatchObject({ status: 500, message: 'Internal Server Error' })
})
