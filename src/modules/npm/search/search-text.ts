import type { SearchQuery } from '../../search/contract.ts'

/** Qualifiers clients know. Those without a meaning here are dropped, so that they are not searched as words. */
const qualifier = /(?<=^|\s)(author|maintainer|keywords|scope|is|not|boost-exact):(?:"([^"]*)"|(\S*))/gi

type Found = Pick<SearchQuery, 'query' | 'namespace' | 'keywords' | 'maintainer'>

/** `react keywords:ui,forms scope:acme author:ada` as a search. Of several authors the last one counts. */
export function parseSearchText(text: string): Found {
  const values = new Map<string, string[]>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(qualifier)) {
    const said = (quoted ?? plain).split(/[,+]/).map((value) => value.trim().replace(/^@/, ''))
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), ...said.filter((value) => value !== '')])
  }
  const { keywords = [], scope = [], author = [], maintainer = [] } = Object.fromEntries(values)
  const username = [...author, ...maintainer].at(-1)
  return {
    query: text.replace(qualifier, ' ').replace(/\s+/g, ' ').trim(),
    ...(scope.length > 0 && { namespace: scope }),
    ...(keywords.length > 0 && { keywords }),
    ...(username !== undefined && { maintainer: username }),
  }
}
