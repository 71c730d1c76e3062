import { PackageNotFound } from '../errors.ts'
import type { PackageRef } from '../package-name.ts'
import { packageRef } from '../package-ref.ts'

/** `name@1.0.0` or `@scope/name@1.0.0`. Throws PackageNotFound. */
export function versionSpec(spec: string): { readonly ref: PackageRef; readonly version: string } {
  const at = spec.lastIndexOf('@')
  if (at <= 0) throw new PackageNotFound()
  return { ref: packageRef(spec.slice(0, at)), version: spec.slice(at + 1) }
}
