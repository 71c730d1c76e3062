import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Teams } from '../../../auth/contract.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Name, smallBody } from '../../login/schemas.ts'
import { requireOtp } from '../../login/second-factor.ts'

const Description = Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })

export const createTeam = defineHandler({
  method: 'PUT',
  url: '/-/org/:org/team',
  auth: 'admin',
  summary: 'Create a team in an organization (npm team create)',
  tags: ['npm'],
  ...smallBody,
  schema: {
    params: Type.Object({ org: Name }),
    body: Type.Object({ name: Name, description: Type.Optional(Type.Union([Description, Type.Null()])) }),
    response: { 201: Type.Object({ name: Type.String(), description: Type.String() }) },
  },
  deps: { teams: Teams, secondFactor: SecondFactor },
  async handle(request, deps, reply) {
    const { principal, params, body } = request
    await requireOtp(request, deps)
    const { name, description } = await deps.teams.create(principal, { org: params.org, team: body.name }, body.description ?? '')
    reply.code(201)
    return { name, description }
  },
})
