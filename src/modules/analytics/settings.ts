import { type Static, Type } from '@sinclair/typebox'

export const AnalyticsSettings = Type.Object({
  eventDays: Type.Integer({
    default: 90,
    minimum: 1,
    maximum: 3_650,
    description: 'Downloads by the minute, and words that nothing was found for, are kept for so long.',
  }),
  hourlyDays: Type.Integer({
    default: 400,
    minimum: 61,
    maximum: 3_650,
    description: 'Numbers by the hour are kept for so long, which is at least what a trend of 30 days looks back; those by the day stay.',
  }),
})
export type AnalyticsSettings = Static<typeof AnalyticsSettings>
