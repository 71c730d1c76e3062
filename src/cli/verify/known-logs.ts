import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { KeyView } from '../../modules/signing/log.contract.ts'
import type { Checkpoint } from '../../shared/transparency/checkpoint.ts'
import { Failure } from '../failure.ts'

/** A log as it was seen last: what it says from now on has to begin with that. */
const KnownLog = Type.Object({
  /** As C2SP signed-note writes it; begins with the name of the log. */
  key: Type.String(),
  registryKeys: KeyView.properties.registryKeys,
  size: Type.Integer({ minimum: 0 }),
  /** Base64. */
  root: Type.String(),
})
export type KnownLog = Readonly<Static<typeof KnownLog>>

const LogsFile = Type.Object({ logs: Type.Record(Type.String(), KnownLog) })

const lockWaitMs = 5_000
/** Whoever made it was killed. */
const lockStaleMs = 10_000

export const seen = ({ size, root }: Checkpoint): Pick<KnownLog, 'size' | 'root'> => ({ size, root: root.toString('base64') })

/** Name of the log that a key belongs to. */
export const originOf = (key: string): string => key.split('+')[0] ?? ''

/** `logs.json` beside the credentials, by the URL of the registry. */
export class KnownLogs {
  readonly #folder: string
  constructor(folder: string) {
    this.#folder = folder
  }

  async get(registry: string): Promise<KnownLog | undefined> {
    return logOf(await this.#read(), registry)
  }

  /** Whatever registry showed it. */
  async withKey(key: string): Promise<KnownLog | undefined> {
    return Object.values((await this.#read()).logs).find((log) => log.key === key)
  }

  /** Throws a Failure when another registry showed a log of that name with another key. */
  async requireFree(registry: string, key: string): Promise<void> {
    const { logs } = await this.#read()
    const [other] =
      Object.entries(logs).find(([url, log]) => url !== registry && originOf(log.key) === originOf(key) && log.key !== key) ?? []
    if (other === undefined) return
    throw new Failure(
      `verification failed: ${registry} shows a log called ${originOf(key)}, and so did ${other}, with another key: name the right one with --key`,
    )
  }

  /** A call that ran at the same time may have seen more of the log: what was seen is never forgotten. */
  async set(registry: string, log: KnownLog): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const next = await this.#lock()
    try {
      const file = await this.#read()
      const merged = { logs: { ...file.logs, [registry]: larger(logOf(file, registry), log) } }
      await next.writeFile(`${JSON.stringify(merged, null, 2)}\n`)
      await next.close()
      await rename(this.#next, this.#path)
    } catch (error) {
      await next.close()
      await rm(this.#next, { force: true })
      throw error
    }
  }

  /** Whoever makes the file that takes the place of this one is alone with it until then. */
  async #lock(): Promise<FileHandle> {
    for (const until = performance.now() + lockWaitMs; ; ) {
      try {
        return await open(this.#next, 'wx', 0o600)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const made = await stat(this.#next).catch(() => undefined)
      if (made && Date.now() - made.mtimeMs > lockStaleMs) await rm(this.#next, { force: true })
      else if (performance.now() > until) throw new Failure(`${this.#next} is there: remove it when nothing else runs`)
      else await delay(20)
    }
  }

  get #next(): string {
    return `${this.#path}.next`
  }

  get #path(): string {
    return join(this.#folder, 'logs.json')
  }

  async #read(): Promise<Static<typeof LogsFile>> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{"logs":{}}'
      throw error
    })
    const file = parseJson(text)
    // Going on without it would forget what the log has said, which is what somebody who damaged it wants.
    if (!Value.Check(LogsFile, file)) throw new Failure(`${this.#path} is damaged: remove it to trust the log anew`)
    return file
  }
}

const logOf = ({ logs }: Static<typeof LogsFile>, registry: string): KnownLog | undefined =>
  Object.hasOwn(logs, registry) ? logs[registry] : undefined

/** The keys of the one at hand, with the larger of the trees. Two of one size and another root are two pasts. */
function larger(stored: KnownLog | undefined, log: KnownLog): KnownLog {
  if (!stored || originOf(stored.key) !== originOf(log.key) || stored.size < log.size) return log
  if (stored.size === log.size && stored.root !== log.root)
    throw new Failure(`verification failed: the log has two pasts: another tree of ${log.size} entries was seen meanwhile`)
  return { ...log, size: stored.size, root: stored.root }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
