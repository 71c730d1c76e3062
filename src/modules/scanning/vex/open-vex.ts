import { listOf, type Members, membersOf, textOf } from '../catalogers/reading.ts'
import { VexInvalid } from '../errors.ts'
import { type VexStatus, vexStatuses } from '../vulnerability.ts'
import { identityOf } from './purl-match.ts'
import { instantIn, keptText, maxStatements, type StatementParts, type VexStatement, type VexSubject, writtenOut } from './statement.ts'
import { isAbout } from './subject-match.ts'

const justifications: ReadonlySet<string> = new Set([
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
])

/** https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md */
export function readOpenVex(document: Members, subject: VexSubject): VexStatement[] {
  const author = keptText(textOf(document['author']), '/author', 200)
  if (author === '') throw new VexInvalid('/author is missing')
  const statements = listOf(document['statements'])
  if (statements.length > maxStatements) throw new VexInvalid(`it has more than ${maxStatements} statements`)
  return writtenOut(partsOf(statements, { author, document, subject }))
}

function* partsOf(statements: readonly unknown[], context: Omit<Context, 'at'>): Generator<StatementParts, void, undefined> {
  for (const [at, statement] of statements.entries()) yield readStatement(membersOf(statement), { ...context, at })
}

interface Context {
  readonly at: number
  readonly author: string
  readonly document: Members
  readonly subject: VexSubject
}

function readStatement(statement: Members, { at, author, document, subject }: Context): StatementParts {
  const where = `/statements/${at}`
  const status = vexStatuses.find((known) => known === statement['status'])
  if (!status) throw new VexInvalid(`${where}/status is none of ${vexStatuses.join(', ')}`)
  const vulnerability = membersOf(statement['vulnerability'])
  // Documents of version 0.0 have a text in the place of the object.
  const given = [textOf(statement['vulnerability']), textOf(vulnerability['name']), ...listOf(vulnerability['aliases']).map(textOf)]
  const names = [...new Set(given.filter((name) => /^[!-~]{1,128}$/.test(name)))]
  if (names.length === 0) throw new VexInvalid(`${where}/vulnerability/name is missing`)
  const rest = { status, justification: justificationOf(statement, status, where), author, statedAt: instantOf(statement, document, where) }
  return { names, purls: purlsOf(listOf(statement['products']), subject, where), where, ...rest }
}

/** Whoever says "not affected" has to say why (OpenVEX, "Status Labels"). */
function justificationOf(statement: Members, status: VexStatus, where: string): string | null {
  const justification = textOf(statement['justification'])
  const told = textOf(statement['impact_statement']) || textOf(statement['status_notes']) || textOf(statement['action_statement'])
  if (justification !== '' && !justifications.has(justification)) throw new VexInvalid(`${where}/justification is not one of OpenVEX`)
  if (status === 'not_affected' && justification === '' && textOf(statement['impact_statement']) === '')
    throw new VexInvalid(`${where} says not_affected without justification or impact_statement`)
  const text = [justification, told].filter((part) => part !== '').join(': ')
  return text === '' ? null : keptText(text, where)
}

function instantOf(statement: Members, document: Members, where: string): string {
  const found = [statement['last_updated'], statement['timestamp'], document['last_updated'], document['timestamp']].map(textOf)
  const given = found.find((text) => text !== '') ?? ''
  const instant = instantIn(given)
  if (instant === undefined) throw new VexInvalid(`${where}/timestamp is no instant`)
  return instant
}

/**
 * Of which packages: those named inside the product that is the artifact itself, the whole of it when none is, or packages that are named as products.
 * What is said of parts of other products is about those.
 */
function purlsOf(products: readonly unknown[], subject: VexSubject, where: string): (string | null)[] {
  if (products.length === 0) return [null]
  const found = new Set<string | null>()
  for (const entry of products) {
    const id = idOf(entry)
    const inner = listOf(membersOf(entry)['subcomponents'])
    const isItself = isAbout(id, subject)
    if (inner.length === 0) found.add(isItself ? null : id)
    else if (isItself) for (const each of inner) found.add(idOf(each))
  }
  return [...found].filter((id) => id === null || (identityOf(id) !== undefined && keptText(id, where) === id))
}

function idOf(entry: unknown): string {
  const members = membersOf(entry)
  return textOf(entry) || textOf(members['@id']) || textOf(membersOf(members['identifiers'])['purl'])
}
