import type { Cataloger } from '../analysis.contract.ts'
import { apk } from './apk.ts'
import { cargo } from './cargo.ts'
import { composer } from './composer.ts'
import { dpkg } from './dpkg.ts'
import { goBinaries, goModules } from './go.ts'
import { java } from './java.ts'
import { npm } from './npm.ts'
import { pnpmLock } from './pnpm-lock.ts'
import { python, pythonLocks } from './python.ts'
import { rpm } from './rpm.ts'
import { ruby } from './ruby.ts'
import { yarnLock } from './yarn-lock.ts'

/** All of them; what one finds does not depend on another. */
export const catalogers: readonly Cataloger[] = [
  ...[dpkg, apk, rpm],
  ...[npm, yarnLock, pnpmLock, python, pythonLocks, goBinaries, goModules, java, ruby, cargo, composer],
]
