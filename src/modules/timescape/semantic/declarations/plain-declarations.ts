import ts from 'typescript'

const needsWork = /\bprivate\b|\bprotected\b|#\w|\bunique\s+symbol\b|\bdeclare\s+(?:global|module)\b/

/**
 * Declarations of which two versions can be compared by structure. The compiler holds classes with private members and unique symbols for different
 * whenever they are declared twice: private members go, protected ones are public (subclasses use them), symbols are not unique. What a file adds to
 * the globe or to other modules would be added to both versions, so it goes, too. Every line stays.
 */
export function plainDeclarations(fileName: string, text: string): string {
  if (!needsWork.test(text)) return text
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.ESNext, false)
  const cuts: { readonly start: number; readonly end: number }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) cuts.push(...node.members.flatMap((member) => cutsOf(member, source)))
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.UniqueKeyword)
      cuts.push({ start: node.getStart(source), end: node.type.getStart(source) })
    if (ts.isModuleDeclaration(node) && (ts.isStringLiteral(node.name) || (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0))
      cuts.push({ start: node.getStart(source), end: node.end })
    else ts.forEachChild(node, visit)
  }
  visit(source)
  return blanked(text, cuts)
}

function cutsOf(member: ts.ClassElement, source: ts.SourceFile) {
  // A constructor that is not public still has to be there: a class without any has a public one.
  if (ts.isConstructorDeclaration(member)) return []
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : []
  const isPrivate = modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  if (isPrivate || (member.name && ts.isPrivateIdentifier(member.name))) return [{ start: member.getStart(source), end: member.end }]
  return modifiers
    .filter(({ kind }) => kind === ts.SyntaxKind.ProtectedKeyword)
    .map((modifier) => ({ start: modifier.getStart(source), end: modifier.end }))
}

function blanked(text: string, cuts: readonly { readonly start: number; readonly end: number }[]): string {
  let result = ''
  let at = 0
  for (const { start, end } of cuts.toSorted((one, other) => one.start - other.start)) {
    if (start < at) continue
    result += text.slice(at, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ')
    at = end
  }
  return result + text.slice(at)
}
