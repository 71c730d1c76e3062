import { createHash } from 'node:crypto'
import { access, chmod, chown, cp, lstat, mkdir, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DomainError } from '../errors/domain-error.ts'

/** The embedded Postgres cannot run on this machine; an external one can. */
export class EmbeddedPostgresUnavailable extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'kernel.embedded_postgres_unavailable'
  constructor(reason: string, options?: ErrorOptions) {
    super(`The embedded Postgres cannot run: ${reason}. Set DATABASE_URL to use a Postgres server instead.`, options)
  }
}

/** Where one data directory's Postgres lives and as whom it runs. */
export interface PostgresHome {
  /** Holds the cluster; belongs to the account. */
  readonly directory: string
  /** Holds the socket; its path fits a socket address. */
  readonly socketDirectory: string
  /** Folder of `initdb` and `postgres`, executable by the account. */
  readonly binaries: string
  /** Undefined: the account of this process. */
  readonly account: PostgresAccount | undefined
  /** Runs `initdb`, which refuses an account without a name. */
  readonly founder: PostgresAccount | undefined
  /** False when a parent folder shuts the account out, as in a home folder of mode 0700. */
  readonly reachable: boolean
}

export interface PostgresAccount {
  readonly uid: number
  readonly gid: number
}

const NOBODY = 65534
/** The first uid tried for Postgres under root. Not nobody's, since every process of nobody would be superuser of the database. */
const DEDICATED = 5417
const SOCKET_ADDRESS_BYTES = 107
const SOCKET_NAME = '.s.PGSQL.5432'

/**
 * Lays out `<dataDir>/postgres`, chooses the account and brings the binaries where that account can run them. Who takes over
 * names the socket directory of the owner before, which another TMPDIR may have placed.
 */
export async function preparePostgresHome(dataDir: string, formerSocketDirectory?: string): Promise<PostgresHome> {
  const native = await findNative()
  const directory = join(dataDir, 'postgres')
  const account = await chooseAccount(dataDir, directory)
  const founder = account && ((await hasName(account.uid)) ? account : { uid: NOBODY, gid: account.gid })
  await makePrivate(directory, account)
  // The founder passes through by its group, which no other process of nobody has.
  if (founder !== account) await chmod(directory, 0o710)
  const reachable = await mayEnter(directory, account)
  const asideDirectory = () => makeAside(dataDir, account)

  const inside = join(directory, 'run')
  const fits = Buffer.byteLength(join(inside, SOCKET_NAME)) <= SOCKET_ADDRESS_BYTES
  const socketDirectory = formerSocketDirectory ?? (fits && reachable ? inside : join(await asideDirectory(), 'run'))
  if (Buffer.byteLength(join(socketDirectory, SOCKET_NAME)) > SOCKET_ADDRESS_BYTES)
    throw new EmbeddedPostgresUnavailable(`the path ${socketDirectory} is too long for a socket`)
  await makePrivate(socketDirectory, account)

  const runnable = await mayEnter(join(native.directory, 'bin', 'postgres'), account)
  const copy = async () => copyNative(native, reachable ? directory : await asideDirectory())
  const binaries = join(runnable ? native.directory : await copy(), 'bin')
  return { directory, socketDirectory, binaries, account, founder, reachable }
}

interface Native {
  readonly directory: string
  readonly version: string
}

async function findNative(): Promise<Native> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  if (process.platform !== 'linux') throw new EmbeddedPostgresUnavailable(`it is not supported on ${process.platform}`)
  const found = (await import(name).catch((cause: unknown) => {
    throw new EmbeddedPostgresUnavailable(`the package ${name} is not installed`, { cause })
  })) as { postgres: string }
  const directory = dirname(dirname(await realpath(found.postgres)))
  const manifest = JSON.parse(await readFile(join(directory, '..', 'package.json'), 'utf8')) as { version: string }
  return { directory, version: manifest.version }
}

/** Postgres refuses root, so root hands over to whoever owns the directory, else to an account that nobody has. */
async function chooseAccount(dataDir: string, directory: string): Promise<PostgresAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const present = await stat(directory).catch(() => undefined)
  if (present && present.uid !== 0) return { uid: present.uid, gid: present.gid }
  const { uid, gid } = await stat(dataDir)
  if (uid !== 0 && (await hasName(uid))) return { uid, gid }
  let free = DEDICATED
  while (await hasName(free)) free += 1
  return { uid: free, gid: free }
}

async function hasName(uid: number): Promise<boolean> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return accounts.split('\n').some((line) => line.split(':')[2] === String(uid))
}

async function makePrivate(directory: string, account: PostgresAccount | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (account) await chown(directory, account.uid, account.gid)
}

/** By mode bits: `access` answers only for the account of this process. */
async function mayEnter(path: string, account: PostgresAccount | undefined): Promise<boolean> {
  if (!account) return true
  for (let current = path; ; current = dirname(current)) {
    const { uid, gid, mode } = await stat(current)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    if (((mode >> shift) & 1) === 0) return false
    if (dirname(current) === current) return true
  }
}

/** A short, reachable folder that belongs to this data directory and to nobody else's process. */
async function makeAside(dataDir: string, account: PostgresAccount | undefined): Promise<string> {
  const { dev, ino } = await stat(dataDir, { bigint: true })
  const uid = process.getuid?.()
  const key = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 12)
  const aside = join(await realpath(tmpdir()), `gati-${uid}-${key}`)
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const found = await lstat(aside)
  if (!found.isDirectory() || found.uid !== uid) throw new EmbeddedPostgresUnavailable(`${aside} belongs to someone else`)
  // Passing through is needed, listing is not.
  await chmod(aside, account ? 0o711 : 0o700)
  return aside
}

async function copyNative(native: Native, into: string): Promise<string> {
  const target = join(into, `native-${native.version}`)
  const present = await access(target).then(
    () => true,
    () => false,
  )
  if (present) return target
  const draft = `${target}.draft`
  await rm(draft, { recursive: true, force: true })
  await cp(native.directory, draft, { recursive: true, verbatimSymlinks: true })
  await chmod(draft, 0o755)
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  await rename(draft, target)
  return target
}
