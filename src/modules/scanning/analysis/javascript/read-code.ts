import type { AnyNode, CallExpression, NewExpression } from 'acorn'
import { Bindings } from './bindings.ts'
import type { CodeFacts, Fact, FactKind, KnownString } from './facts.ts'
import { readText } from './read-text.ts'
import { lineOf, nodesOf, parsed } from './syntax.ts'

const maxStrings = 50_000
const maxDetail = 400

const clients = '(?:axios|got|needle|request|superagent|node-fetch|undici|phin|bent|cross-fetch|request-promise|follow-redirects\\.https?)'
const calls: readonly (readonly [FactKind, RegExp])[] = [
  ['sends', new RegExp(`^@(?:https?\\.(?:request|get)|http2\\.connect|${clients}(?:\\.\\w+)*)$`)],
  [
    'sends',
    /^(?:(?:globalThis|window|self|global)\.)?(?:fetch|navigator\.sendBeacon|XMLHttpRequest|WebSocket|EventSource)$|^(?:\$|jQuery)\.(?:ajax|post|get|getJSON)$/,
  ],
  ['sends', /^@ws(?:\.WebSocket)?$|^@socket\.io-client(?:\.\w+)?$/],
  ['connects', /^@(?:net|tls)\.(?:connect|createConnection|Socket)$/],
  ['spawns', /^@child_process\.(?:exec|execSync|spawn|spawnSync|execFile|execFileSync|fork)$|^@(?:execa|cross-spawn|shelljs)(?:\.\w+)?$/],
  ['looks up names', /^@dns(?:\.promises)?(?:\/promises)?\.(?:lookup|resolve\w*)$/],
  ['identity', /^@os\.(?:hostname|userInfo|networkInterfaces)$|^@dns\.getServers$/],
  [
    'reads files',
    /^@fs(?:\/promises|\.promises|-extra)?\.(?:readFile|readFileSync|createReadStream|readdir|readdirSync|copyFile|copyFileSync)$/,
  ],
  ['writes files', /^@fs(?:\/promises|\.promises|-extra)?\.(?:writeFile|writeFileSync|createWriteStream|appendFile|appendFileSync)$/],
  ['makes executable', /^@fs(?:\/promises|\.promises|-extra)?\.(?:chmod|chmodSync|fchmod)$/],
  [
    'evaluates',
    /^(?:(?:globalThis|window|self|global)\.)?(?:eval|Function)$|^@vm\.(?:run\w+|Script|compileFunction)$|^\?\.constructor\.constructor$/,
  ],
  ['compiles', /\._compile$/],
  ['decrypts', /^@crypto\.createDecipher(?:iv)?$/],
  ['serialises environment', /^JSON\.stringify$|^@(?:querystring|qs)\.stringify$|^(?:Object\.(?:entries|keys|assign))$/],
  ['decodes', /^atob$|^Buffer\.from$|^String\.fromCharCode$|^unescape$/],
]
const overridable =
  /^(?:(?:globalThis|window|self|global)\.)?(?:fetch|ethereum(?:\.\w+)?|solana(?:\.\w+)?|XMLHttpRequest\.prototype\.(?:open|send))$/

/** Reads JavaScript as far as it can be read without running it; text that does not parse is read by patterns. */
export function readCode(text: string): CodeFacts {
  const program = parsed(text)
  if (!program) return readText(text)
  const reading = new Reading(new Bindings(program))
  for (const node of nodesOf(program)) reading.note(node)
  return { ...reading, lengthInChars: text.length }
}

/** Put together from parts that are not all known. */
const isComposed = (node: AnyNode): boolean =>
  (node.type === 'TemplateLiteral' && node.expressions.length > 0) || (node.type === 'BinaryExpression' && node.operator === '+')

class Reading {
  readonly facts: Fact[] = []
  readonly strings: KnownString[] = []
  hexNames = 0
  names = 0
  readonly #bindings: Bindings

  constructor(bindings: Bindings) {
    this.#bindings = bindings
  }

  note(node: AnyNode): void {
    if (node.type === 'Identifier') this.#identifier(node.name)
    else if (node.type === 'CallExpression' || node.type === 'NewExpression') this.#call(node)
    else if (node.type === 'ImportDeclaration' || node.type === 'ImportExpression') this.#uses(node, node.source)
    else if (node.type === 'AssignmentExpression') this.#assignment(node)
    else if (node.type === 'MemberExpression') this.#member(node)
    else if (node.type === 'SpreadElement' && this.#bindings.name(node.argument) === 'process.env') this.#add('whole environment', node)
    this.#string(node)
  }

  #identifier(name: string): void {
    this.names += 1
    if (/^_0x[0-9a-f]{2,}$/.test(name)) this.hexNames += 1
  }

  #string(node: AnyNode): void {
    const isText =
      node.type === 'Literal' || node.type === 'TemplateElement' || node.type === 'BinaryExpression' || node.type === 'CallExpression'
    if (!isText || this.strings.length >= maxStrings) return
    const folded = this.#bindings.folding.text(node)
    if (!folded || folded.value.length < 3) return
    this.strings.push({ ...folded, line: lineOf(node), at: node.start })
  }

  #call(node: CallExpression | NewExpression): void {
    const name = this.#bindings.name(node.callee)
    if (name === 'require') this.#uses(node, node.arguments[0])
    for (const [kind, pattern] of calls) if (pattern.test(name)) this.#called(kind, node)
    if (/\.toString$/.test(name) && /^(?:hex|base64|base64url)$/.test(this.#text(node.arguments[0]))) this.#add('encodes', node)
  }

  #called(kind: FactKind, node: CallExpression | NewExpression): void {
    if (kind === 'evaluates') this.#evaluates(node)
    else if (kind === 'serialises environment') this.#serialises(node)
    else if (kind === 'sends') this.#sends(node)
    else if (kind === 'spawns') this.#spawns(node)
    else if (kind === 'looks up names') {
      if (node.arguments[0] && this.#contains(node.arguments[0], isComposed)) this.#add(kind, node)
    } else if (kind !== 'decodes' || this.#isDecoding(node))
      this.#add(kind, node, kind === 'identity' ? this.#bindings.name(node.callee) : this.#literals(node.arguments))
  }

  #serialises(node: CallExpression | NewExpression): void {
    const isListed = node.callee.type === 'MemberExpression' && this.#bindings.name(node.callee.object) === 'Object'
    if (node.arguments.some((argument) => this.#isEnvironment(argument))) {
      this.#add(isListed ? 'whole environment' : 'serialises environment', node)
    }
  }

  #sends(node: CallExpression | NewExpression): void {
    if (node.arguments.some((argument) => this.#isEnvironment(argument))) this.#add('serialises environment', node)
    this.#add('sends', node, this.#literals(node.arguments))
  }

  #spawns(node: CallExpression | NewExpression): void {
    const detail = this.#literals(node.arguments)
    this.#add('spawns', node, detail)
    if (this.#isHiddenProcess(node)) this.#add('spawns hidden', node, detail)
  }

  #isEnvironment(node: AnyNode): boolean {
    if (this.#bindings.name(node) === 'process.env') return true
    if (node.type !== 'ObjectExpression') return false
    return node.properties.some((property) =>
      property.type === 'Property' ? this.#bindings.name(property.value) === 'process.env' : this.#isEnvironment(property.argument),
    )
  }

  #isHiddenProcess(node: CallExpression | NewExpression): boolean {
    const options = node.arguments.find((argument) => argument.type === 'ObjectExpression')
    if (options?.type !== 'ObjectExpression') return false
    const flags = options.properties.map((property) =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.value.type === 'Literal' &&
      property.value.value !== false
        ? `${property.key.name}:${property.value.value}`
        : '',
    )
    return flags.includes('detached:true') && (flags.includes('stdio:ignore') || flags.includes('windowsHide:true'))
  }

  #evaluates(node: CallExpression | NewExpression): void {
    const code = node.arguments.at(-1)
    const first = node.arguments[0]
    const what = this.#bindings.name(node.callee).startsWith('@vm') ? first : code
    if (!what) return
    const folded = this.#bindings.folding.text(what)
    if (folded && !folded.isHidden) return
    const isDecoded = folded?.isHidden || this.#contains(what, (inner) => this.#isDecoding(inner))
    this.#add(isDecoded ? 'evaluates decoded' : 'evaluates', node)
  }

  #isDecoding(node: AnyNode): boolean {
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
    const name = this.#bindings.name(node.callee)
    if (name === 'Buffer.from' || name === '@buffer.Buffer.from' || name === 'Buffer') {
      return /^(?:base64|hex|base64url)$/.test(this.#text(node.arguments[1])) || node.arguments[0]?.type === 'ArrayExpression'
    }
    return /^(?:atob|unescape|String\.fromCharCode|window\.atob|@crypto\.createDecipher(?:iv)?|@zlib\.(?:inflate|gunzip|brotliDecompress)\w*)$/.test(
      name,
    )
  }

  /** In the expression itself or what its names were declared as. */
  #contains(root: AnyNode, test: (node: AnyNode) => boolean, depth = 0): boolean {
    for (const node of nodesOf(root)) {
      if (test(node)) return true
      if (node.type !== 'Identifier' || depth > 3) continue
      const declared = this.#bindings.folding.declared(node.name)
      if (declared && declared !== root && this.#contains(declared, test, depth + 1)) return true
    }
    return false
  }

  #assignment(node: AnyNode & { type: 'AssignmentExpression' }): void {
    if (node.left.type !== 'MemberExpression' && node.left.type !== 'Identifier') return
    const name = this.#bindings.name(node.left)
    if (overridable.test(name) && /Function|Identifier|Call/.test(node.right.type)) this.#add('overrides', node, name)
  }

  #member(node: AnyNode & { type: 'MemberExpression' }): void {
    const name = this.#bindings.name(node)
    if (name === 'process.env') this.#add('uses', node, 'process.env')
    else if (/^process\.env\.\w+$/.test(name))
      this.strings.push({ value: `$${name.slice(12)}`, isHidden: false, line: lineOf(node), at: node.start })
  }

  #uses(node: AnyNode, specifier: AnyNode | null | undefined): void {
    const folded = this.#bindings.folding.text(specifier)
    if (!folded) return
    this.#add('uses', node, folded.value.replace(/^node:/, ''))
    if (folded.isHidden) this.#add('uses hidden', node, folded.value)
  }

  #text(node: AnyNode | null | undefined): string {
    return this.#bindings.folding.text(node)?.value ?? ''
  }

  /** The strings among the arguments, options included. */
  #literals(nodes: readonly AnyNode[]): string {
    const texts = nodes.slice(0, 3).filter(({ type }) => !/Function/.test(type))
    return texts
      .map((root) => this.#text(root) || this.#literalsIn(root))
      .join(' ')
      .trim()
      .slice(0, maxDetail)
  }

  #literalsIn(root: AnyNode): string {
    let found = ''
    for (const node of nodesOf(root)) {
      if (node.type === 'Literal' || node.type === 'TemplateElement' || node.type === 'Identifier') found += ` ${this.#text(node)}`
      if (found.length > maxDetail) break
    }
    return found.replaceAll(/\s+/g, ' ').trim()
  }

  #add(kind: FactKind, node: AnyNode, detail = ''): void {
    this.facts.push({ kind, line: lineOf(node), at: node.start, detail })
  }
}
