import type { Trust } from '../../../src/modules/signing/verification/trust.ts'
import { bundleCases } from './bundle-cases.ts'
import { certificateCases, cosignCases, openPgpCases, rawCases } from './plain-cases.ts'
import { type Case, makeKeys } from './signature-keys.ts'
import type { openSigstore } from './sigstore-instance.ts'

/** Good and broken proofs of every kind. */
export async function makeCorpus(
  sigstore: Awaited<ReturnType<typeof openSigstore>>,
): Promise<{ readonly trust: Trust; readonly cases: readonly Case[] }> {
  const keys = await makeKeys()
  const cases = [
    ...rawCases(keys),
    ...cosignCases(keys),
    ...(await openPgpCases(keys)),
    ...certificateCases(keys),
    ...(await bundleCases(keys, sigstore)),
  ]
  return { trust: keys.trust, cases }
}
