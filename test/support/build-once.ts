import { spawnSync } from 'node:child_process'
import { root } from './run-registry.ts'

/** Tests of the compiled program run what `npm run build` makes of the sources as they are; GATI_E2E_BUILT=1 trusts what is there. */
export function setup(): void {
  if (process.env['GATI_E2E_BUILT'] === '1') return
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm run build failed')
}
