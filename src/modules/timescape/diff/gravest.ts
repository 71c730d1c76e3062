import type { Change } from '../change.ts'

/** As many changes as there is room for, in the order they had; what breaks goes before what does not. */
export function gravest(changes: readonly Change[], limit: number): readonly Change[] {
  if (changes.length <= limit) return changes
  const breaking = changes.filter(({ bump }) => bump === 'major').length
  let rest = { major: Math.min(breaking, limit), milder: Math.max(limit - breaking, 0) }
  return changes.filter(({ bump }) => {
    const kind = bump === 'major' ? 'major' : 'milder'
    if (rest[kind] === 0) return false
    rest = { ...rest, [kind]: rest[kind] - 1 }
    return true
  })
}
