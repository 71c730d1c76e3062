import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { Artifact, Located, Namespace } from './contract.ts'
import { artifactColumns, type Directory, withDefaults } from './directory.ts'
import { resourceOf } from './locator.ts'

interface Rows {
  readonly database: Database
  readonly directory: Directory
}

/** Without a question of rights. */
export async function artifactById({ database }: Pick<Rows, 'database'>, artifactId: string, lock = sql``): Promise<Artifact | undefined> {
  if (!isUuid.test(artifactId)) return undefined
  const [artifact] = await database.sql<Artifact>`select ${artifactColumns} from artifacts a join namespaces n on n.id = a.namespace_id
    where a.id = ${artifactId} and a.state = 'active' ${lock}`
  return artifact
}

interface OfNamespace {
  readonly ownerId: Namespace['accountId']
  readonly namespaceVisibility: Namespace['visibility']
  readonly namespaceSettings: Namespace['settings']
  readonly namespaceCreatedAt: Namespace['createdAt']
}

/** The artifact and its namespace, in one statement: every effect asks for them. */
export async function locatedById({ database }: Pick<Rows, 'database'>, artifactId: string): Promise<Located | undefined> {
  if (!isUuid.test(artifactId)) return undefined
  const [row] = await database.sql<
    Artifact & OfNamespace
  >`select ${artifactColumns}, n.account_id as "ownerId", n.visibility as "namespaceVisibility",
      n.settings as "namespaceSettings", n.created_at as "namespaceCreatedAt"
    from artifacts a join namespaces n on n.id = a.namespace_id where a.id = ${artifactId} and a.state = 'active' and n.state = 'active'`
  if (!row) return undefined
  const { ownerId: accountId, namespaceVisibility: visibility, namespaceSettings, namespaceCreatedAt: createdAt, ...artifact } = row
  const settings = withDefaults(namespaceSettings)
  const namespace = { id: artifact.namespaceId, name: artifact.namespace, accountId, visibility, settings, createdAt }
  return { namespace, artifact, resource: resourceOf(namespace, artifact) }
}

/** Holds the artifact's row until the surrounding transaction ends; the namespace is read behind the lock. */
export async function heldById(rows: Rows, artifactId: string): Promise<Located | undefined> {
  const artifact = await artifactById(rows, artifactId, sql`for no key update of a`)
  const namespace = artifact && (await rows.directory.currentNamespace(artifact.namespace))
  return namespace && { namespace, artifact, resource: resourceOf(namespace, artifact) }
}

const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
