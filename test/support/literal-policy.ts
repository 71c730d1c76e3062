import type { Publication, PublicationPolicy } from '../../src/modules/metadata/publications.contract.ts'

/** A policy that does what the test says. */
export function literalPolicy(name = 'literal') {
  const asked: Publication[] = []
  let review: (publication: Publication) => string | null = () => 'not yet'
  let checkRead: (manifestDigest: string) => void = () => undefined
  const policy: PublicationPolicy = {
    name,
    review: async (publication) => {
      asked.push(publication)
      return review(publication)
    },
    checkRead: async (_located, manifestDigest) => checkRead(manifestDigest),
  }
  return {
    policy,
    asked,
    /** From now on; a text holds, null lets through. */
    answers: (answer: typeof review | string | null) => {
      review = typeof answer === 'function' ? answer : () => answer
    },
    refusesReads: (refusal: typeof checkRead) => {
      checkRead = refusal
    },
  }
}
