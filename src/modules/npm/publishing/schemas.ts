import { Type } from '@sinclair/typebox'
import { uuidForm } from '../../../shared/types/uuidv7.ts'
import type { StagedPublish } from '../../packuments/contract.ts'
import { packageText } from '../package-name.ts'

export const Done = Type.Object({ ok: Type.Boolean(), success: Type.Boolean() })

export const StageParams = Type.Object({
  id: Type.String({ pattern: uuidForm.source }),
})

export const Stage = Type.Object({
  id: Type.String(),
  packageName: Type.String(),
  version: Type.String(),
  tag: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String(),
  actor: Type.Union([Type.String(), Type.Null()]),
  actorType: Type.String(),
  shasum: Type.String(),
})

export const stageView = (stage: StagedPublish) => ({
  ...{ id: stage.id, packageName: packageText(stage), version: stage.version, tag: stage.tag },
  ...{ createdAt: stage.createdAt, actor: stage.actor, actorType: 'user', shasum: stage.shasum },
})
