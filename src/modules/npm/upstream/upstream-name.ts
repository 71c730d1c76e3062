import { type PackageRef, parsePackageName } from '../package-name.ts'

export interface UpstreamName {
  readonly text: string
  /** What must not be here for the name to be asked for elsewhere. */
  readonly ref: PackageRef | undefined
  /** Whether a package can have this name here, too. */
  readonly isOurs: boolean
}

/** Registries have names from before there were rules, such as `JSONStream`, and scopes that are no namespaces here. */
const elderName = /^(?:@([a-z0-9~][a-z0-9._~-]*)\/)?([A-Za-z0-9~][A-Za-z0-9._~-]*)$/
const maxLength = 214

/** The name of a package as other registries may have it, decoded. `undefined` for what is never asked for elsewhere. */
export function upstreamName(text: string): UpstreamName | undefined {
  const ours = parsePackageName(text)
  if (ours) return { text, ref: ours, isOurs: true }
  const [, scope, name = ''] = (text.length <= maxLength && elderName.exec(text)) || []
  if (name === '' || scope === 'library' || name === 'node_modules' || name === 'favicon.ico') return undefined
  // `Left-Pad` is not asked for where `left-pad` is here, nor `@acme/Widget` where `acme` is.
  return { text, ref: parsePackageName(text.toLowerCase().replaceAll('~', '-')), isOurs: false }
}
