import type { Component } from '../analysis.contract.ts'
import { membersOf, readJson, textOf } from '../catalogers/reading.ts'
import { readSbom } from './read-sbom.ts'

export interface DocumentParts {
  readonly components: readonly Component[]
  /** It is a list of packages, perhaps an empty one. */
  readonly isList: boolean
  /** Set when it is no list of packages: perhaps it is VEX. */
  readonly other: unknown
}

/** Of documents that are uploaded, too. */
const maxOtherBytes = 4_194_304

/** What a document that is attached to a manifest says, plain or signed. */
export function documentParts(content: Buffer): DocumentParts {
  const document = predicateOf(readJson(content))
  const components = readSbom(document)
  const isList = components !== undefined
  return { components: components ?? [], isList, other: isList || content.length > maxOtherBytes ? undefined : document }
}

/** The document inside an in-toto statement, inside a DSSE envelope. Whose signature it has is asked elsewhere: whoever pushes here may publish. */
function predicateOf(document: unknown): unknown {
  const envelope = membersOf(document)
  const payload = textOf(envelope['payload']) || textOf(membersOf(envelope['dsseEnvelope'])['payload'])
  const statement = membersOf(payload === '' ? document : readJson(Buffer.from(payload, 'base64')))
  return statement['predicateType'] === undefined ? document : statement['predicate']
}
