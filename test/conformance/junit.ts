export interface Check {
  readonly name: string
  readonly status: string
  /** What it complained about. */
  readonly said: string
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
const unescaped = (text: string): string =>
  text.replace(/&(#x?)?(\w+);/g, (...[whole, numeric, name]: string[]) => {
    if (numeric === undefined) return entities[name ?? ''] ?? whole ?? ''
    return String.fromCodePoint(Number.parseInt(name ?? '', numeric === '#x' ? 16 : 10))
  })

/** The test cases of a JUnit report as Go's encoding/xml writes them: attributes in double quotes, nothing nested in a case but its outputs and its verdict. */
export function checksOf(report: string): Check[] {
  return [...report.matchAll(/<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(([, attributes = '', content = '']) => ({
    name: attributeOf(attributes, 'name'),
    status: attributeOf(attributes, 'status'),
    said: complaintOf(content).slice(0, 2_000),
  }))
}

/** One suite prints what is wrong, the other says it in its verdict. */
const complaintOf = (content: string): string =>
  unescaped(/<system-out>(.*?)<\/system-out>/s.exec(content)?.[1] ?? '') ||
  attributeOf(/<(?:failure|error)\b([^>]*)>/.exec(content)?.[1] ?? '', 'message')

const attributeOf = (attributes: string, name: string): string => unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
