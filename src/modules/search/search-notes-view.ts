import { Type } from '@sinclair/typebox'

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
