import { type Static, Type } from '@sinclair/typebox'
import { TrustedPublisher } from '../../auth/trusted-publishing.contract.ts'

export const PackageParams = Type.Object({ package: Type.String({ maxLength: 500 }) })
export const Publishers = Type.Array(TrustedPublisher)

/** Lists of services are read-only, those of answers are not. */
export const listed = (publishers: readonly TrustedPublisher[]): Static<typeof Publishers> => [...publishers]
