/** `[[package]]` tables of Cargo.lock, poetry.lock and uv.lock: their own lines of text only. Not TOML as a whole, which none of them needs. */
export function tomlPackages(text: string): readonly ReadonlyMap<string, string>[] {
  const packages: Map<string, string>[] = []
  let current: Map<string, string> | undefined
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '[[package]]') {
      current = new Map()
      packages.push(current)
    } else if (trimmed.startsWith('[')) current = undefined
    const [, key, value] = /^([A-Za-z_-]+)\s*=\s*(.+)$/.exec(trimmed) ?? []
    if (current && key && value && !current.has(key)) current.set(key, value.replace(/^"([^"]*)"$/, '$1'))
  }
  return packages
}
