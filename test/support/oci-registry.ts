import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProgramOptions, type ProgramResult, runProgram, startProgram } from './run-program.ts'
import { type RegistryOptions, runRegistry } from './run-registry.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Command = readonly [string, ...string[]]

/** Someone who pushes: `ann` owns the namespaces `acme` (public) and `vault` (private). */
export const pusher = { username: 'ann', password: 'staple battery horse correct' }
/** Someone with no right to anything. */
export const stranger = { username: 'bob', password: 'battery staple correct horse' }

/** A compiled registry with people and namespaces, and a home folder in which clients keep what they know. */
export async function openOciRegistry(options: RegistryOptions = {}) {
  const folder = await temporaryFolder()
  const registry = await runRegistry({
    ...options,
    env: { REGISTRY_AUTH_REGISTRATION: 'open', ...options.env },
  })
  const host = `127.0.0.1:${registry.port}`
  const home = join(folder.path, 'home')
  await mkdir(join(home, 'run'), { recursive: true })
  const env = clientEnvironment(home)

  const api = async (path: string, { as, ...init }: Omit<RequestInit, 'body'> & { as?: Person; body?: object } = {}): Promise<unknown> => {
    const response = await fetch(`${registry.url}${path}`, {
      ...init,
      headers: { ...(as && { authorization: basic(as) }), ...(init.body && { 'content-type': 'application/json' }) },
      body: init.body ? JSON.stringify(init.body) : null,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  const dispose = async () => {
    await registry[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  }
  try {
    for (const person of [pusher, stranger]) {
      await api('/v1/users', { method: 'POST', body: { ...person, email: `${person.username}@example.org` } })
    }
    for (const [name, visibility] of [
      ['acme', 'public'],
      ['vault', 'private'],
    ]) {
      await api('/v1/organizations', { method: 'POST', as: pusher, body: { name } })
      await api(`/v1/namespaces/${name}`, { method: 'PATCH', as: pusher, body: { visibility } })
    }
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    ...{ registry, host, folder: folder.path, env, api },
    /** Throws with everything the client said when it fails. */
    run: (command: Command, more: ProgramOptions = {}): Promise<ProgramResult> =>
      runProgram(command, { cwd: folder.path, ...more, env: { ...env, ...more.env } }),
    attempt: (command: Command, more: ProgramOptions = {}): Promise<ProgramResult> =>
      startProgram(command, { cwd: folder.path, ...more, env: { ...env, ...more.env } }).result,
    /** An API token of the pusher. */
    async token(...scopes: readonly string[]): Promise<string> {
      const { token } = (await api('/v1/tokens', { method: 'POST', as: pusher, body: { name: 'client', scopes } })) as { token: string }
      return token
    },
    [Symbol.asyncDispose]: dispose,
  }
}
export type OciRegistry = Awaited<ReturnType<typeof openOciRegistry>>

interface Person {
  readonly username: string
  readonly password: string
}
const basic = ({ username, password }: Person): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
export const credentials = ({ username, password }: Person): string => `${username}:${password}`

/** Every client finds its files under one home and no registry of the developer. */
function clientEnvironment(home: string): Record<string, string> {
  return {
    HOME: home,
    DOCKER_CONFIG: join(home, 'docker'),
    REGISTRY_AUTH_FILE: join(home, 'auth.json'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
  }
}
