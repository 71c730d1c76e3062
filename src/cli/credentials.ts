import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure } from './failure.ts'

export interface Credential {
  readonly username: string
  readonly token: string
  /** To revoke it at logout. */
  readonly tokenId: string
}
interface CredentialsFile {
  /** The registry used when none is named. */
  readonly current?: string
  readonly registries: Readonly<Record<string, Credential>>
}

/** `credentials.json` in the configuration folder of the user, readable by nobody else. */
export class Credentials {
  readonly #path: string
  /** The folder is ours alone, unless the operator named a file elsewhere. */
  readonly #ownFolder: boolean

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const named = environment['GATI_REGISTRY_CREDENTIALS']
    const folder = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config')
    this.#path = named ?? join(folder, 'gati-registry', 'credentials.json')
    this.#ownFolder = named === undefined
  }

  /** Notes about uploads that are not finished live here too. */
  get folder(): string {
    return dirname(this.#path)
  }

  async current(): Promise<string | undefined> {
    return (await this.#read()).current
  }

  async get(registry: string): Promise<Credential | undefined> {
    return (await this.#read()).registries[registry]
  }

  async set(registry: string, credential: Credential): Promise<void> {
    const { registries } = await this.#read()
    await this.#write({ current: registry, registries: { ...registries, [registry]: credential } })
  }

  async remove(registry: string): Promise<void> {
    const { current, registries } = await this.#read()
    const { [registry]: _gone, ...rest } = registries
    await this.#write({ ...(current !== undefined && { current }), registries: rest })
  }

  async #read(): Promise<CredentialsFile> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { registries: {} }
      if (error instanceof SyntaxError) throw new Failure(`${this.#path} is damaged: remove it and sign in again`)
      throw error
    }
  }

  async #write(content: CredentialsFile): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    if (this.#ownFolder) await chmod(this.folder, 0o700)
    const temporary = `${this.#path}.${process.pid}`
    await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
    await rename(temporary, this.#path)
  }
}
