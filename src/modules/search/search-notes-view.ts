import { Type } from '@sinclair/typebox'
import { maxSignature } from './signatures/signature-text.ts'

/** Parameters of a search by something else than words. */
export const meaningParameters = {
  semantic: Type.Boolean({ default: false, description: 'Also what means the same in other words (docs/semantic-search.md).' }),
  typeSignature: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxSignature,
      description: 'Only what has such types, for example `in:{text:string} out:{sentiment:string}` (docs/type-signature-search.md).',
    }),
  ),
}

/** What the answer tells of them. */
export const notesView = {
  semantic: Type.Optional(
    Type.Object({
      model: Type.String(),
      experimental: Type.Boolean({
        description: 'Meanings were told by the local method, which knows little more than words and parts of words.',
      }),
      available: Type.Boolean({ description: 'False: the model did not answer in time, and words alone were searched.' }),
    }),
  ),
  typeSignature: Type.Optional(
    Type.Object({ truncated: Type.Boolean({ description: 'More artifacts than could be compared looked like it; some may be missing.' }) }),
  ),
}
