import assert from 'node:assert/strict'
import { test } from 'node:test'
import hello from 'gati-hello-module'
import { Events } from 'gati-registry/kernel'
import { VersionPublished } from 'gati-registry/contracts/metadata'
import { startTestKernel } from 'gati-registry/testing'

const version = {
  versionId: '019a0000-0000-7000-8000-000000000001',
  artifactId: '019a0000-0000-7000-8000-000000000002',
  namespace: 'acme',
  name: 'widget',
  format: 'generic',
  type: 'module-binary',
  version: '1.0.0',
  manifestDigest: `sha256:${'0'.repeat(64)}`,
}

test('a visitor is greeted and published versions are counted once', async () => {
  await using kernel = await startTestKernel({ modules: [hello.configure({ greeting: 'Welcome' })] })
  await kernel.resolve(Events).emit(VersionPublished, version)
  await kernel.drainEffects()
  const answer = await kernel.http.inject('/v1/hello/ada')
  assert.deepEqual(answer.json(), { greeting: 'Welcome, ada', published: 1 })
})
