const maxNames = 300

/** What a version says it depends on: members of an object, as packages do, or entries with a `name` or `artifact`. */
export function dependencyNames(declared: unknown): readonly string[] {
  if (typeof declared !== 'object' || declared === null) return []
  const names = Array.isArray(declared) ? declared.map(nameOf) : Object.keys(declared)
  // A NUL is an error in the database.
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '' && !name.includes('\0'))
  return [...new Set(texts.map((name) => name.slice(0, 300).toWellFormed()))].slice(0, maxNames)
}

function nameOf(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry
  const { name, artifact } = entry as { readonly name?: unknown; readonly artifact?: unknown }
  return name ?? artifact
}
