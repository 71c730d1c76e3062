import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry

beforeAll(async () => {
  oci = await openOciRegistry()
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

const helm = (...args: string[]) => oci.run(['helm', ...args])

test('a chart is packaged, pushed, shown, pulled and templated', async () => {
  await helm('create', 'shop')
  for (const version of ['1.0.0', '1.1.0+build.1']) {
    await helm('package', 'shop', '--version', version)
    await oci.run(['helm', 'registry', 'login', '--plain-http', '--username', pusher.username, '--password-stdin', oci.host], {
      input: pusher.password,
    })
    const pushed = await helm('push', '--plain-http', `shop-${version}.tgz`, `oci://${oci.host}/vault/charts`)
    expect(pushed.stdout + pushed.stderr).toMatch(/Digest: sha256:/)
  }
  const chart = `oci://${oci.host}/vault/charts/shop`
  const shown = await helm('show', 'chart', '--plain-http', chart, '--version', '1.0.0')
  expect(shown.stdout).toContain('version: 1.0.0')
  await mkdir(join(oci.folder, 'pulled'))
  await helm('pull', '--plain-http', chart, '--version', '~1.1.0-0', '--destination', 'pulled')
  const bytes = await Promise.all(['.', 'pulled'].map((place) => readFile(join(oci.folder, place, 'shop-1.1.0+build.1.tgz'))))
  expect(bytes[1]).toEqual(bytes[0])
  const rendered = await helm('template', 'mine', '--plain-http', chart, '--version', '1.0.0')
  expect(rendered.stdout).toContain('kind: Deployment')
  await helm('registry', 'logout', oci.host)
  await expect(helm('pull', '--plain-http', chart, '--version', '1.0.0', '--destination', 'refused')).rejects.toThrow()
})
