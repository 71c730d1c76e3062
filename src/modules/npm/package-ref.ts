import { PackageNameInvalid, PackageNotFound } from './errors.ts'
import { type PackageRef, parsePackageName } from './package-name.ts'

/** The package a URL names. Throws PackageNotFound: what cannot exist is answered like what does not. */
export function packageRef(text: string): PackageRef {
  const ref = parsePackageName(text)
  if (!ref) throw new PackageNotFound()
  return ref
}

/** The package a change is about. Throws PackageNameInvalid. */
export function newPackageRef(text: string): PackageRef {
  const ref = parsePackageName(text)
  if (!ref) throw new PackageNameInvalid()
  return ref
}
