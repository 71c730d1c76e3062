import { readFile, writeFile } from 'node:fs/promises'

const begin = (name: string): string => `<!-- begin generated: ${name} -->`
const end = (name: string): string => `<!-- end generated: ${name} -->`

/** The page with the part between its two markers replaced; the rest is written by hand. */
export async function withGenerated(page: URL, name: string, content: string): Promise<string> {
  const text = await readFile(page, 'utf8')
  const [from, to] = [text.indexOf(begin(name)), text.indexOf(end(name))]
  if (from < 0 || to < from) throw new Error(`${page.pathname} has no place for ${name}`)
  return `${text.slice(0, from)}${begin(name)}\n\n${content.trim()}\n\n${text.slice(to)}`
}

export const writePage = async (page: URL, content: Promise<string>): Promise<void> => writeFile(page, await content)
