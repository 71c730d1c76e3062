import { isRecord, type Members } from './normalize-manifest.ts'

const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies'] as const
const maxEntries = 1_000
const maxLength = 256

/** What the package needs when it is installed, for whoever asks who depends on whom; as much of it as is not absurd. */
export function declaredNeeds(manifest: Members): Members {
  const needs = kinds.map((kind) => [kind, entriesOf(manifest[kind], (range) => (isStorable(range) ? range : undefined))] as const)
  const optional = entriesOf(manifest['peerDependenciesMeta'], (about) =>
    isRecord(about) && about['optional'] === true ? { optional: true } : undefined,
  )
  return Object.fromEntries(
    [...needs, ['peerDependenciesMeta', optional] as const].filter(([, entries]) => Object.keys(entries).length > 0),
  )
}

function entriesOf(member: unknown, keep: (value: unknown) => unknown): Members {
  if (!isRecord(member)) return {}
  const found = Object.entries(member).slice(0, maxEntries)
  return Object.fromEntries(
    found.flatMap(([name, value]) => {
      const kept = keep(value)
      return kept === undefined || !isStorable(name) || name === '__proto__' ? [] : [[name, kept]]
    }),
  )
}

/** Short text that jsonb takes, which has no NUL and no half of a surrogate pair. */
export const isStorable = (text: unknown): boolean =>
  typeof text === 'string' && text.length <= maxLength && text.isWellFormed() && !text.includes('\0')
