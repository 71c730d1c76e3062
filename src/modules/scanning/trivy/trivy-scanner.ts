import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { membersOf, textOf } from '../catalogers/reading.ts'
import { type Scanner, ScannerFailed, type ScannerInput, type ScannerReport } from '../scanner.ts'
import type { Detected } from '../vulnerability.ts'
import { trivyDocuments } from './trivy-documents.ts'
import { readTrivyReport } from './trivy-report.ts'

export interface TrivySettings {
  readonly binary: string
  /** Empty: trivy keeps the database itself. */
  readonly server: string
  readonly timeoutMs: number
  /** Where it may keep its database, and the documents it is given. */
  readonly folder: string
}

const maxReportBytes = 134_217_728

/** trivy on the list of packages that this registry made: it never sees the content, and runs in a process of its own. */
export class TrivyScanner implements Scanner {
  readonly name = 'trivy'
  readonly #settings: TrivySettings

  constructor(settings: TrivySettings) {
    this.#settings = settings
  }

  async scan({ components }: ScannerInput, signal: AbortSignal): Promise<ScannerReport> {
    const { folder, server } = this.#settings
    await mkdir(folder, { recursive: true })
    const place = await mkdtemp(join(folder, 'sbom-'))
    try {
      const file = join(place, 'bom.json')
      const remote = server === '' ? [] : ['--server', server]
      const vulnerabilities: Detected[] = []
      for (const document of trivyDocuments(components)) {
        await writeFile(file, document)
        const report = await this.#run(['sbom', '--quiet', '--format', 'json', '--scanners', 'vuln', ...remote, file], signal)
        vulnerabilities.push(...readTrivyReport(report, components))
      }
      // Of the program here: it does not tell of a server which database that has.
      return { ...versionsOf(await this.#run(['--version', '--format', 'json'], signal)), vulnerabilities }
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }

  #run(args: readonly string[], signal: AbortSignal): Promise<string> {
    const { binary, timeoutMs, folder } = this.#settings
    // Nothing of this process's environment: no secret of the registry is any of its business.
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, TRIVY_CACHE_DIR: join(folder, 'cache'), TRIVY_NO_PROGRESS: 'true' }
    const options = { env, cwd: folder, maxBuffer: maxReportBytes, timeout: timeoutMs, killSignal: 'SIGKILL' as const, signal }
    return new Promise((resolve, reject) => {
      execFile(binary, [...args], options, (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        if (signal.aborted) return reject(signal.reason)
        // Its server, or where it has its database from, may be out of reach for a while.
        const isTransient = error.code !== 'ENOENT' && error.code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
        reject(new ScannerFailed(`trivy failed: ${reasonOf(error, stderr, timeoutMs)}`, { isTransient }))
      })
    })
  }
}

function reasonOf(error: Error & { readonly killed?: boolean; readonly code?: unknown }, stderr: string, timeoutMs: number): string {
  if (error.code === 'ENOENT') return 'there is no such program'
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `its report is larger than ${maxReportBytes} bytes`
  if (error.killed) return `it did not end within ${timeoutMs / 1_000} s`
  const lines = stderr.trim().split('\n')
  // `2026-01-05T10:00:00Z	FATAL	Fatal error	sbom scan error: …`
  return (
    lines
      .at(-1)
      ?.replace(/^\S+\tFATAL\t(?:Fatal error\t)?/, '')
      .slice(0, 300) || 'it ended without a word'
  )
}

function versionsOf(text: string): Omit<ScannerReport, 'vulnerabilities'> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new ScannerFailed('trivy did not say which version it is')
  }
  const database = membersOf(membersOf(document)['VulnerabilityDB'])
  return {
    version: textOf(membersOf(document)['Version']).slice(0, 64) || 'unknown',
    databaseVersion: (textOf(database['UpdatedAt']) || 'unknown').slice(0, 64),
  }
}
