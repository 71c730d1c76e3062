import { Type } from '@sinclair/typebox'

const team = { id: Type.String(), name: Type.String(), description: Type.String(), createdAt: Type.String() }

export const TeamView = Type.Object(team)
export const TeamDetailView = Type.Object({ ...team, members: Type.Array(Type.String()) })
