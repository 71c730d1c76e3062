import type { BundleVerifier } from './contract.ts'
import { NoTrustedRoot } from './errors.ts'

/** Nothing is trusted, so nothing is accepted. */
export const noVerifier: BundleVerifier = {
  async verify() {
    throw new NoTrustedRoot()
  },
}
