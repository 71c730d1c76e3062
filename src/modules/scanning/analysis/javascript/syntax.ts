import { type AnyNode, type Options, type Program, parse } from 'acorn'

const shared: Partial<Options> = { allowReturnOutsideFunction: true, allowHashBang: true, allowSuperOutsideMethod: true, locations: true }
const ways: readonly Options[] = [
  { ...shared, ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true },
  { ...shared, ecmaVersion: 'latest', sourceType: 'script' },
]

/** Undefined for what no parser reads: then the text itself is looked at. */
export function parsed(text: string): Program | undefined {
  for (const way of ways) {
    try {
      return parse(text, way)
    } catch {
      // A syntax error, or nesting that no stack holds: the next way, or none.
    }
  }
  return undefined
}

/** Whether no engine would run it. Nesting that this parser's stack does not hold another's may. */
export function isNoJavaScript(text: string): boolean {
  return ways.every((way) => {
    try {
      parse(text, way)
      return false
    } catch (error) {
      return error instanceof SyntaxError
    }
  })
}

const maxNodes = 6_000_000

/** Every node, parents before children, without recursion. */
export function* nodesOf(root: AnyNode): Generator<AnyNode, void, undefined> {
  const stack: unknown[] = [root]
  for (let seen = 0; stack.length > 0 && seen < maxNodes; seen += 1) {
    const item = stack.pop()
    if (Array.isArray(item)) stackReversed(stack, item)
    else if (isNode(item)) {
      yield item
      stackReversed(stack, Object.values(item))
    }
  }
}

function stackReversed(stack: unknown[], items: readonly unknown[]): void {
  for (let index = items.length - 1; index >= 0; index -= 1) {
    const item = items[index]
    if (typeof item === 'object' && item !== null) stack.push(item)
  }
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

export const lineOf = (node: AnyNode): number => node.loc?.start.line ?? 1
