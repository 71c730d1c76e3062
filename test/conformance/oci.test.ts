import { expect, test } from 'vitest'
import { type OciRegistry, pusher } from '../support/oci-registry.ts'
import { runSuite } from './run-suite.ts'
import { storages } from './storages.ts'

/** The suite of opencontainers/distribution-spec that scripts/install-clients.sh puts into the PATH. Everything is private: no check passes without a token. */
const suiteAs = (password: string) => ({
  program: 'conformance',
  settings: ({ registry }: OciRegistry, results: string) => ({
    OCI_ROOT_URL: registry.url,
    OCI_NAMESPACE: 'vault/conformance/one',
    OCI_CROSSMOUNT_NAMESPACE: 'vault/conformance/two',
    OCI_USERNAME: pusher.username,
    OCI_PASSWORD: password,
    OCI_TEST_PULL: '1',
    OCI_TEST_PUSH: '1',
    OCI_TEST_CONTENT_DISCOVERY: '1',
    OCI_TEST_CONTENT_MANAGEMENT: '1',
    OCI_AUTOMATIC_CROSSMOUNT: '1',
    OCI_REPORT_DIR: results,
  }),
})

/** Of two checks that exclude each other, the one that is not for us: registries that cannot be filled, or that do not mount. */
const notForUs = [
  'Pull Setup Get tag name from environment',
  'Push Cross-Repository Blob Mount Cross-mounting of nonexistent blob should yield session id',
  'Push Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery disabled should return a 202',
  'Content Discovery Setup Populate registry with test tags (no push)',
].map((name) => `[It] OCI Distribution Conformance Tests ${name}`)

test.each(storages)('all four workflows of the OCI suite hold on $name', async ({ name, env }) => {
  const { code, output, passed, skipped, failed } = await runSuite(suiteAs(pusher.password), env)
  const checks = passed.filter((check) => check.startsWith('[It] '))
  console.log(`on ${name}: ${checks.length} passed, ${skipped.length} skipped`)
  expect(failed).toEqual([])
  expect(skipped).toEqual(notForUs)
  expect(checks.length).toBe(75)
  // What the suite would like to see and does not insist on.
  expect(output).not.toContain('WARNING')
  expect(code, output.slice(-4_000)).toBe(0)
})

test('the OCI suite fails for someone with the wrong password', async () => {
  const { code, passed, failed } = await runSuite(suiteAs('wrong'), {})
  expect(code).toBe(1)
  expect(failed.length).toBeGreaterThan(passed.length)
  expect(failed[0]?.said).toContain('Expected')
})
