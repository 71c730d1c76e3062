import { type Static, Type } from '@sinclair/typebox'
import type { Account } from './contract.ts'

export const OrganizationView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  displayName: Type.String(),
  verified: Type.Boolean(),
  createdAt: Type.String(),
})

export const organizationView = ({ id, name, displayName, verified, createdAt }: Account): Static<typeof OrganizationView> => ({
  id,
  name,
  displayName,
  verified,
  createdAt,
})
