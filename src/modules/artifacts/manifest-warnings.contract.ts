import { service } from '../../shared/kernel/service.ts'
import type { ManifestRef } from '../metadata/publications.contract.ts'

/** What people are told when they pull a manifest, for example that it has known vulnerabilities. */
export interface ManifestWarnings {
  /**
   * In `setup`. Asked for every manifest that is given out, so it has to be cheap: at once from memory when warm. What it throws is logged and keeps
   * nobody from the manifest. Texts are cut to 1,000 characters of printable ASCII.
   */
  addSource(source: (manifest: ManifestRef) => readonly string[] | Promise<readonly string[]>): void
}
export const ManifestWarnings = service<ManifestWarnings>('artifacts.manifest_warnings')
