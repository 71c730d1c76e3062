import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writePackage } from './npm-package.ts'
import { type ProgramOptions, type ProgramResult, runProgram, startProgram } from './run-program.ts'
import { cleanEnvironment } from './run-registry.ts'

/** What to type when the program has shown the pattern; `type` may look at everything it has shown so far. */
export interface Answer {
  readonly when: RegExp
  readonly type: string | ((shown: string) => string | Promise<string>)
}

export interface NpmClient {
  readonly home: string
  /** Throws with everything the client said when it fails. */
  run(args: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  attempt(args: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /** Standard output, which must be JSON. */
  json<T = Record<string, unknown>>(args: readonly string[], options?: ProgramOptions): Promise<T>
  /** Runs it at a terminal and answers its questions in their order; gives what the terminal showed. Throws when it fails. */
  talk(args: readonly string[], answers: readonly Answer[], options?: ProgramOptions): Promise<string>
  /** A folder with this private package and these files. */
  project(manifest?: Readonly<Record<string, unknown>>, files?: Readonly<Record<string, string>>): Promise<string>
}

export interface ClientOptions {
  readonly command: string
  readonly home: string
  readonly url: string
  readonly token?: string
}

export async function openClient({ command, home, url, token }: ClientOptions): Promise<NpmClient> {
  await writeConfiguration(home, url, token)
  const env = environmentOf(home)
  const optionsOf = (options: ProgramOptions): ProgramOptions => ({ cwd: home, ...options, env: { ...env, ...options.env } })
  const run: NpmClient['run'] = (args, options = {}) => runProgram([command, ...args], optionsOf(options))
  let projects = 0
  return {
    home,
    run,
    attempt: (args, options = {}) => startProgram([command, ...args], optionsOf(options)).result,
    async json(args, options) {
      const { stdout } = await run(args, options)
      return JSON.parse(stdout)
    },
    talk: (args, answers, options = {}) => talk([command, ...args], answers, optionsOf(options)),
    project(manifest = {}, files = {}) {
      projects += 1
      const all = { name: 'project', version: '1.0.0', private: true, ...manifest }
      // An empty yarn.lock says that the project ends here.
      return writePackage(join(home, `project-${projects}`), all, { ...(command === 'yarn-berry' && { 'yarn.lock': '' }), ...files })
    },
  }
}

/** Each kind of client reads another one of these. */
async function writeConfiguration(home: string, url: string, token: string | undefined): Promise<void> {
  const { host, hostname, pathname } = new URL(url)
  const npmrc = [`registry=${url}`, ...(token === undefined ? [] : [`//${host}${pathname}:_authToken=${token}`])]
  const yarnrc = [
    `npmRegistryServer: '${url}'`,
    `unsafeHttpWhitelist: ['${hostname}']`,
    `npmMinimalAgeGate: 0`,
    ...['enableTelemetry: false', 'enableGlobalCache: false', `nodeLinker: node-modules`],
    ...(token === undefined ? [] : [`npmAuthToken: '${token}'`]),
  ]
  await writeFile(join(home, '.npmrc'), `${npmrc.join('\n')}\n`)
  await writeFile(join(home, '.yarnrc'), `registry "${url}"\ndisable-self-update-check true\n`)
  await writeFile(join(home, '.yarnrc.yml'), `${yarnrc.join('\n')}\n`)
}

/** Every client finds its files under one home, no registry and no session of the developer, and asks nobody about newer clients. */
function environmentOf(home: string): Record<string, string> {
  const own = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config') }
  const npm = { npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_cache: join(home, 'npm-cache') }
  // Without the last one pnpm 12 installs by no lockfile what is younger than a day.
  const pnpm = { PNPM_CONFIG_MINIMUM_RELEASE_AGE: '0', PNPM_HOME: join(home, 'pnpm'), PNPM_CONFIG_STORE_DIR: join(home, 'pnpm-store') }
  const bun = { BUN_INSTALL_CACHE_DIR: join(home, 'bun-cache'), DO_NOT_TRACK: '1' }
  // As root yarn 1 would keep its things for the whole machine, unless it believes that root is played.
  const yarn = { FAKEROOTKEY: '1' }
  const data = { XDG_DATA_HOME: join(home, 'data'), XDG_STATE_HOME: join(home, 'state') }
  return { ...own, ...npm, ...pnpm, ...bun, ...yarn, ...data, NO_COLOR: '1', NO_UPDATE_NOTIFIER: '1' }
}

async function talk(command: readonly string[], answers: readonly Answer[], options: ProgramOptions): Promise<string> {
  const { cwd, env = {}, timeoutMs = 60_000 } = options
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  // util-linux' `script` gives it a terminal, which is what clients ask questions at.
  const { child, result } = startProgram(['script', '--quiet', '--return', '--command', line, '/dev/null'], {
    ...(cwd !== undefined && { cwd }),
    env: { ...cleanEnvironment(), ...env, TERM: 'dumb' },
    timeoutMs,
    keepsInput: true,
  })
  let shown = ''
  let from = 0
  let answering = Promise.resolve()
  const left = [...answers]
  const answer = async () => {
    const [next] = left
    const found = next?.when.exec(shown.slice(from))
    if (next === undefined || !found) return
    left.shift()
    from += found.index + found[0].length
    const text = typeof next.type === 'string' ? next.type : await next.type(shown)
    if (text !== '') child.stdin?.write(`${text}\r`)
    await answer()
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    answering = answering.then(answer)
  })
  const { code, stdout, stderr } = await result
  await answering
  child.stdin?.end()
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
  if (left.length > 0) throw new Error(`${command.join(' ')} never asked ${left[0]?.when}\n${stdout}`)
  return stdout
}
