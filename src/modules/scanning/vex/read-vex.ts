import { createHash } from 'node:crypto'
import { membersOf, textOf } from '../catalogers/reading.ts'
import { VexInvalid } from '../errors.ts'
import { readCycloneVex } from './cyclone-vex.ts'
import { readOpenVex } from './open-vex.ts'
import type { VexStatement, VexSubject } from './statement.ts'

export interface VexDocument {
  readonly digest: string
  readonly statements: readonly VexStatement[]
}

/** OpenVEX 0.2 or CycloneDX with vulnerabilities. Throws `scanning.vex_invalid`; takes all of a document or nothing. */
export function readVex(document: unknown, subject: VexSubject): VexDocument {
  const members = membersOf(document)
  const statements = statementsOf(members, subject)
  if (statements.length === 0) throw new VexInvalid('it says nothing about any vulnerability')
  const digest = `sha256:${createHash('sha256').update(JSON.stringify(document)).digest('hex')}`
  return { digest, statements }
}

function statementsOf(members: Readonly<Record<string, unknown>>, subject: VexSubject): VexStatement[] {
  if (textOf(members['@context']).startsWith('https://openvex.dev/ns')) return readOpenVex(members, subject)
  if (textOf(members['bomFormat']) === 'CycloneDX') return readCycloneVex(members, subject)
  throw new VexInvalid('"@context" is not of openvex.dev, and "bomFormat" is not CycloneDX')
}
