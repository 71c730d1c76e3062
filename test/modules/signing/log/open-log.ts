import artifacts from '../../../../src/modules/artifacts/module.ts'
import auth from '../../../../src/modules/auth/module.ts'
import metadata from '../../../../src/modules/metadata/module.ts'
import { LogIntake } from '../../../../src/modules/signing/log/log-intake.service.ts'
import { Sequencer } from '../../../../src/modules/signing/log/log-sequencer.ts'
import { TransparencyLog } from '../../../../src/modules/signing/log/transparency-log.service.ts'
import signing from '../../../../src/modules/signing/module.ts'
import type { TestKernelOptions } from '../../../../src/shared/testing/start-test-kernel.ts'
import { openCheckpoint } from '../../../../src/shared/transparency/checkpoint.ts'
import { parseVerifier } from '../../../../src/shared/transparency/signed-note.ts'
import { openRegistry } from '../../metadata/open-registry.ts'

/** Accounts, metadata, artifacts and signing with its log. */
export async function openLog(options: TestKernelOptions = {}) {
  const registry = await openRegistry({ modules: [auth, metadata, artifacts, signing], ...options })
  const { kernel, sql } = registry
  const sequencer = kernel.resolve(Sequencer)
  /** All that was published so far is in the log. */
  const settled = async (): Promise<void> => {
    await kernel.drainEffects()
    await sequencer.flush()
  }
  const get = (url: string, as?: string) => registry.request('GET', url, as === undefined ? {} : { as })
  const checkpoint = async () => {
    const { key } = (await get('/v1/log/key')).json<{ key: string }>()
    return openCheckpoint((await get('/v1/log/checkpoint')).body, parseVerifier(key))
  }
  const entries = () =>
    sql<{ index: number; kind: string; name: string; reference: string; digest: string | null }>`
      select index, kind, name, reference, digest from log_entries order by index`
  return {
    ...{ ...registry, sequencer, settled, get, checkpoint, entries },
    intake: kernel.resolve(LogIntake),
    log: kernel.resolve(TransparencyLog),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}
export type TestLog = Awaited<ReturnType<typeof openLog>>
