interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** One `metric{label="value"}` of an expression. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
}

/** `by (labels)` of an aggregation, and the metrics it aggregates. */
export interface Grouping {
  readonly labels: readonly string[]
  readonly metrics: readonly string[]
}

export interface Expression {
  readonly selectors: readonly Selector[]
  readonly groupings: readonly Grouping[]
}

const functions = new Set([
  ...['sum', 'min', 'max', 'count', 'topk', 'rate', 'increase', 'deriv', 'changes', 'predict_linear', 'avg_over_time'],
  ...['histogram_quantile', 'time', 'vector'],
])

const text = /"(?:[^"\\]|\\.)*"/g
const range = /\[\d+[smhdw]\]/g
const grouping = /\bby \(([^()]*)\)(?=\s*\()/g
const named = /([a-zA-Z_:][\w:]*)\s*(?:\{([^{}]*)\})?(\s*\()?/g
const matcher = /^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"(\d+)"\s*$/

/** As much of PromQL as the files of `deploy/` use. Throws for the rest, so that nothing is passed over. */
export function readExpression(expression: string): Expression {
  const texts: string[] = []
  const plain = expression.replaceAll(text, (found) => `"${texts.push(JSON.parse(found)) - 1}"`).replaceAll(range, '')
  const selectors = selectorsOf(plain.replaceAll(grouping, ''), texts)
  const groupings = [...plain.matchAll(grouping)].map(({ 0: whole, 1: labels = '', index }) => ({
    labels: labels.split(',').map((label) => label.trim()),
    metrics: selectorsOf(argumentFrom(plain, index + whole.length).replaceAll(grouping, ''), texts).map(({ metric }) => metric),
  }))
  return { selectors, groupings }
}

function selectorsOf(plain: string, texts: readonly string[]): Selector[] {
  const rest = plain.replaceAll(named, (...found) => (found[3] === undefined ? '' : '('))
  if (!/^[\d\s.()+*/,<>=!-]*$/.test(rest)) throw new Error(`not understood: ${rest}`)
  argumentFrom(`(${rest})`, 0)
  return [...plain.matchAll(named)].flatMap(([, metric = '', matchers, opens]) => {
    if (metric === 'or') return []
    if (opens === undefined) return [{ metric, matchers: matchersOf(matchers, texts) }]
    if (!functions.has(metric) || matchers !== undefined) throw new Error(`${metric} is no function known here`)
    return []
  })
}

function matchersOf(list: string | undefined, texts: readonly string[]): Matcher[] {
  if (list === undefined) return []
  return list.split(',').map((one) => {
    const [, label = '', operator = '', index = ''] = matcher.exec(one) ?? []
    if (label === '') throw new Error(`no matcher: ${one}`)
    return { label, operator, value: texts[Number(index)] ?? '' }
  })
}

/** What stands in the parentheses that open at the first one behind `from`. */
function argumentFrom(plain: string, from: number): string {
  const opens = plain.indexOf('(', from)
  let depth = 0
  for (let at = opens; at < plain.length; at += 1) {
    depth += plain[at] === '(' ? 1 : plain[at] === ')' ? -1 : 0
    if (depth === 0) {
      if (opens === 0 && at < plain.length - 1) throw new Error(`a parenthesis too many: ${plain}`)
      return plain.slice(opens + 1, at)
    }
  }
  throw new Error(`a parenthesis is not closed: ${plain}`)
}
