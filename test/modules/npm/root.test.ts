import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inOneSegment } from '../../../src/modules/npm/package-url.ts'
import { startTestKernel, type TestKernel } from '../../../src/shared/testing/index.ts'

describe('a package is one segment of the path', () => {
  test.each([
    ['/npm/@acme/widget', '/npm/@acme%2fwidget'],
    ['/npm/%40acme/widget?write=true', '/npm/@acme%2fwidget?write=true'],
    ['/npm/@acme%2Fwidget', '/npm/@acme%2Fwidget'],
    ['/npm/@acme/widget/-/widget-1.0.0.tgz', '/npm/@acme%2fwidget/-/widget-1.0.0.tgz'],
    ['/npm/-/package/@acme/widget/dist-tags/latest', '/npm/-/package/@acme%2fwidget/dist-tags/latest'],
    ['/npm/@acme%2fwidget/-/widget-1.0.0.tgz', '/npm/@acme%2fwidget/-/widget-1.0.0.tgz'],
    ['/npm/left-pad/-/left-pad-1.0.0.tgz', '/npm/left-pad/-/left-pad-1.0.0.tgz'],
    ['/npm/-/v1/search?text=@acme/widget', '/npm/-/v1/search?text=@acme/widget'],
  ])('%s', (from, to) => {
    expect(inOneSegment(from)).toBe(to)
  })
})

describe('the root of the host', () => {
  let kernel: TestKernel
  beforeAll(async () => {
    kernel = await startTestKernel()
  })
  afterAll(() => kernel[Symbol.asyncDispose]())

  const answer = async (method: 'GET' | 'PUT', url: string) => {
    const { statusCode, headers, body } = await kernel.http.inject({ method, url })
    return { statusCode, type: `${headers['content-type']}`, body: JSON.parse(body) as Record<string, unknown> }
  }

  test('is the npm door for what no route has', async () => {
    const { statusCode, type, body } = await answer('GET', '/no-such-package')
    expect(statusCode).toBe(401)
    expect(type).toContain('application/json')
    expect(body['error']).toEqual(expect.any(String))
  })

  test('keeps its own routes, whatever a package is called', async () => {
    expect((await answer('GET', '/health')).body).toMatchObject({ status: 'ok' })
    expect((await answer('GET', '/openapi.json')).statusCode).toBe(200)
  })

  test('below the door the same name is a package', async () => {
    const { statusCode, body } = await answer('GET', '/npm/health')
    expect(statusCode).toBe(401)
    expect(body['error']).toEqual(expect.any(String))
  })

  test('refuses to publish a package whose name is a route, and says where to', async () => {
    const { statusCode, body } = await answer('PUT', '/metrics')
    expect(statusCode).toBe(400)
    expect(body['code']).toBe('npm.taken_at_root')
    expect(body['error']).toContain('/npm/')
  })
})
