import type { AnyNode, CallExpression, Function as FunctionNode, ImportDeclaration, Pattern, Program, VariableDeclarator } from 'acorn'
import { calleeName, Folding } from './folding.ts'
import { nodesOf } from './syntax.ts'

/** What the names of a file stand for: constants, and modules (`@fs`, `@child_process.exec`). Scopes are not told apart. */
export class Bindings {
  readonly folding = new Folding()
  readonly #modules = new Map<string, string>()

  constructor(program: Program) {
    for (const node of nodesOf(program)) this.#note(node)
  }

  /** `@https.request` for a call into a module, `JSON.stringify` for a global, `?.push` for what is not known. */
  name(node: AnyNode | null | undefined): string {
    if (!node) return '?'
    if (node.type === 'Identifier') return this.#modules.get(node.name) ?? node.name
    if (node.type === 'MemberExpression') return `${this.name(node.object)}.${this.#property(node)}`
    if (node.type === 'ChainExpression' || node.type === 'ParenthesizedExpression') return this.name(node.expression)
    if (node.type === 'AwaitExpression') return this.name(node.argument)
    if (node.type === 'ImportExpression') return this.#module(node.source)
    if (node.type === 'SequenceExpression') return this.name(node.expressions.at(-1))
    return node.type === 'CallExpression' ? this.#called(node) : calleeName(node)
  }

  #property(node: AnyNode & { type: 'MemberExpression' }): string {
    if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : '?'
    return this.folding.text(node.property)?.value ?? '?'
  }

  /** Calls that give a module, or a wrapped function of one. */
  #called({ callee, arguments: [first] }: CallExpression): string {
    const name = callee.type === 'CallExpression' ? '?' : this.name(callee)
    if (/^(require|module\.require|process\.mainModule\.require|process\.getBuiltinModule|__non_webpack_require__)$/.test(name)) {
      return this.#module(first)
    }
    if (/(promisify|importDefault|importStar|toESM|interopRequire\w*)$/.test(name)) return this.name(first)
    return '?'
  }

  #module(specifier: AnyNode | undefined): string {
    const name = this.folding.text(specifier)?.value
    return name === undefined ? '?' : `@${name.replace(/^node:/, '')}`
  }

  #note(node: AnyNode): void {
    if (node.type === 'VariableDeclarator') this.#declare(node)
    else if (node.type === 'AssignmentExpression') this.#assign(node.left, node.right)
    else if ('params' in node) this.#function(node)
    else if (node.type === 'ImportDeclaration') this.#import(node)
  }

  #import(node: ImportDeclaration): void {
    const name = this.#module(node.source)
    for (const specifier of node.specifiers) {
      const imported = specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? `.${specifier.imported.name}` : ''
      this.#modules.set(specifier.local.name, name + (imported === '.default' ? '' : imported))
    }
  }

  #function(node: FunctionNode): void {
    const encoding = decodesItsArgument(node)
    if (encoding && 'id' in node && node.id) this.folding.declareDecoder(node.id.name, encoding)
    // Scopes are not told apart, so a name that is also a parameter is not known.
    for (const parameter of node.params) if (parameter.type === 'Identifier') this.folding.assign(parameter.name)
  }

  #declare({ id, init }: VariableDeclarator): void {
    if (!init) return
    const encoding = 'params' in init && id.type === 'Identifier' ? decodesItsArgument(init) : undefined
    if (encoding && id.type === 'Identifier') this.folding.declareDecoder(id.name, encoding)
    this.#alias(id, init)
    if (id.type === 'Identifier') this.folding.declare(id.name, init)
  }

  #assign(left: Pattern, right: AnyNode): void {
    if (left.type !== 'Identifier') return
    this.#alias(left, right)
    this.folding.assign(left.name)
  }

  #alias(target: Pattern, value: AnyNode): void {
    const name = this.name(value)
    if (!name.startsWith('@') && name !== 'require' && name !== 'eval') return
    if (target.type === 'Identifier') this.#modules.set(target.name, name)
    if (target.type !== 'ObjectPattern') return
    for (const property of target.properties) {
      if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
      const local = property.value.type === 'AssignmentPattern' ? property.value.left : property.value
      if (local.type === 'Identifier') this.#modules.set(local.name, `${name}.${property.key.name}`)
    }
  }
}

/** `(s) => Buffer.from(s, 'hex').toString()`, and nothing more. */
function decodesItsArgument({ params: [parameter], body }: FunctionNode): 'base64' | 'hex' | undefined {
  if (parameter?.type !== 'Identifier' || body.end - body.start > 120) return undefined
  const nodes = [...nodesOf(body)]
  const takes = nodes.find(
    (node) => node.type === 'CallExpression' && node.arguments[0]?.type === 'Identifier' && node.arguments[0].name === parameter.name,
  )
  if (takes?.type !== 'CallExpression') return undefined
  const name = calleeName(takes.callee)
  if (name === 'atob') return 'base64'
  const [, encoding] = takes.arguments
  if (name !== 'Buffer.from' || encoding?.type !== 'Literal') return undefined
  return encoding.value === 'hex' || encoding.value === 'base64' ? encoding.value : undefined
}
