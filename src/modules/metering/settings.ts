import { type Static, Type } from '@sinclair/typebox'

export const MeteringSettings = Type.Object({
  keepRecordsDays: Type.Integer({
    default: 400,
    minimum: 40,
    maximum: 3_660,
    description: 'So long single usage records are kept; what they add up to by hour is kept for ever.',
  }),
  downloadsBy: Type.Union([Type.Literal('account'), Type.Literal('nobody')], {
    default: 'account',
    description:
      'account: whoever manages an artifact sees which accounts downloaded it how often; nobody: all downloads count as anonymous.',
  }),
})
export type MeteringSettings = Static<typeof MeteringSettings>
