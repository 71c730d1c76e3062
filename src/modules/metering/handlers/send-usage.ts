import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { AuthRequired } from '../../../shared/kernel/http-errors.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { Intake } from '../intake.service.ts'
import { refusals, UsageRecord } from '../usage-record.ts'

const Verdicts = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({ id: Type.String(), outcome: oneOf(['refused']), reason: oneOf(refusals) }),
      Type.Object({ id: Type.String(), outcome: oneOf(['accepted', 'duplicate']) }),
    ]),
    { description: 'One for each record, in their order.' },
  ),
})

export const sendUsage = defineHandler({
  method: 'POST',
  url: '/v1/usage',
  auth: 'publish',
  summary: 'Report what was consumed of artifacts the caller may publish, once for each id',
  tags: ['usage'],
  rateLimit: { max: 600, windowMs: 60_000 },
  bodyLimit: 2_097_152,
  maxJsonKeys: 13_000,
  schema: {
    body: Type.Object({ records: Type.Array(UsageRecord, { minItems: 1, maxItems: 1_000 }) }, { additionalProperties: false }),
    response: { 200: Verdicts },
  },
  deps: { intake: Intake },
  async handle({ principal, body }, { intake }) {
    const { userId } = principal
    if (userId === undefined) throw new AuthRequired()
    return { results: await intake.take({ ...principal, userId }, body.records) }
  },
})
