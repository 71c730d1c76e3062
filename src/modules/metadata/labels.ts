const maxBytes = 4_096

/** A NUL and half a surrogate pair are errors in the database. */
export const storableText = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** As many labels as fit into 4 KiB of JSON, so that a page of artifacts stays within its bound (D-15). */
export function keptLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept: [string, string][] = []
  let bytes = 2
  for (const label of Object.entries(labels)) {
    const [key, value] = label.map(storableText) as [string, string]
    const added = Buffer.byteLength(JSON.stringify([key, value]))
    if (bytes + added > maxBytes) continue
    bytes += added
    kept.push([key, value])
  }
  return Object.fromEntries(kept)
}
