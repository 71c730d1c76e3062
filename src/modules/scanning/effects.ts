import { reevaluateAffected } from './effects/reevaluate-affected.ts'
import { rescanDue } from './effects/rescan-due.ts'
import { scanHeld } from './effects/scan-held.ts'
import { scanNameless } from './effects/scan-nameless.ts'
import { scanPublished } from './effects/scan-published.ts'
import { scanRequested } from './effects/scan-requested.ts'
import { scanTagged } from './effects/scan-tagged.ts'
import { takeAttached } from './effects/take-attached.ts'

export const effects = [scanPublished, scanTagged, scanHeld, scanNameless, scanRequested, takeAttached, reevaluateAffected, rescanDue]
