import { Type } from '@sinclair/typebox'
import { DigestSchema } from '../../shared/types/digest.ts'
import { ArtifactParams, format } from '../metadata/artifact-request.contract.ts'

export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: Type.String({ minLength: 1, maxLength: 128 }) })
export const DigestParams = Type.Object({ ...ArtifactParams.properties, digest: DigestSchema })
export const FormatQuery = Type.Object({ format })
