import { collectPushed } from './effects/collect-pushed.ts'
import { reassessChanged } from './effects/reassess-changed.ts'
import { reassessFurther } from './effects/reassess-further.ts'
import { reassessRevoked } from './effects/reassess-revoked.ts'
import { settleHeld } from './effects/settle-held.ts'

export const signatureEffects = [collectPushed, settleHeld, reassessChanged, reassessRevoked, reassessFurther]
