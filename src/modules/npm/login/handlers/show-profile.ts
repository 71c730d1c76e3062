import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Profiles, SecondFactor } from '../../../auth/logins.contract.ts'
import { ProfileView, profileView } from '../profile-view.ts'

export const showProfile = defineHandler({
  method: 'GET',
  url: '/-/npm/v1/user',
  auth: 'read',
  summary: 'The own profile (npm profile get)',
  tags: ['npm'],
  schema: { response: { 200: ProfileView } },
  deps: { profiles: Profiles, secondFactor: SecondFactor },
  async handle({ principal }, { profiles, secondFactor }, reply) {
    reply.header('cache-control', 'no-store')
    return profileView(await profiles.find(principal.username ?? ''), await secondFactor.state(principal))
  },
})
