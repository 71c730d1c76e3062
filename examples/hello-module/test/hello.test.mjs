import assert from 'node:assert/strict'
import { test } from 'node:test'
import hello from 'gati-hello-module'
import { VersionPublished } from 'gati-registry/contracts/metadata'
import { Events } from 'gati-registry/kernel'
import { startTestKernel } from 'gati-registry/testing'

const published = {
  versionId: '019a0000-0000-7000-8000-000000000001',
  artifactId: '019a0000-0000-7000-8000-000000000002',
  namespace: 'acme',
  name: 'widget',
  format: 'generic',
  type: 'module-binary',
  version: '1.0.0',
  manifestDigest: `sha256:${'0'.repeat(64)}`,
}

test('a visitor is greeted in the words of the settings', async () => {
  await using kernel = await startTestKernel({ modules: [hello.configure({ greeting: 'Welcome' })] })
  const answer = await kernel.http.inject('/v1/hello/ada')
  assert.deepEqual(answer.json(), { greeting: 'Welcome, ada', published: 0 })
})

test('a version is counted once, however often its event comes', async () => {
  await using kernel = await startTestKernel({ modules: [hello] })
  const events = kernel.resolve(Events)
  await events.emit(VersionPublished, published)
  await events.emit(VersionPublished, published)
  await kernel.drainEffects()
  const answer = await kernel.http.inject('/v1/hello/ada')
  assert.deepEqual(answer.json(), { greeting: 'Hello, ada', published: 1 })
})

test('a setting of the wrong type stops the boot and is named', async () => {
  await assert.rejects(startTestKernel({ modules: [hello.configure({ greeting: 7 })] }), /hello[\s\S]*greeting/)
})
