import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { foldName, parseArtifactName } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, allowedFormats } from '../../shared/types/artifact-type.ts'
import { parseNamespace } from '../../shared/types/namespace-name.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit, Authorizer, Grants, Resource } from '../auth/contract.ts'
import type { SecondFactor } from '../auth/logins.contract.ts'
import { type Artifact, ArtifactCreated, type ArtifactRef, type Located, type Namespace, type PublishTarget } from './contract.ts'
import { artifactColumns, type Directory } from './directory.ts'
import { ArtifactNotFound, FormatNotAllowed, NameConfusable, NameInvalid, QuotaExceeded, TypeMismatch, VersionExists } from './errors.ts'
import { locatedAt, resourceOf, slowly } from './locator.ts'
import type { PublicationPolicies } from './publication-policies.ts'
import { requireFactor } from './publish-factor.ts'
import type { PublishLimits } from './publish-limits.ts'
import type { Revisions } from './revisions.ts'
import { parseVersionName } from './version-name.ts'

export interface PublishGateDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly authorizer: Authorizer
  readonly grants: Grants
  readonly secondFactor: SecondFactor
  readonly limits: PublishLimits
  readonly revisions: Revisions
  readonly policies: PublicationPolicies
}

interface Named {
  readonly namespace: Namespace
  readonly name: string
  readonly format: ArtifactFormat
}

interface Place {
  readonly namespace: Namespace
  readonly name: string
  readonly artifact: Artifact | undefined
  /** The name can be taken for that of another artifact. */
  readonly isConfusable: boolean
}

const maxAbsent = 10_000
const absentForMs = 10_000

const absent = () => new ArtifactNotFound()
/**
 * Stands for the artifact that is about to be made, so that rights limited to one artifact are judged by its name.
 * In `library` whoever may publish at all may make one.
 */
const unbornAt = (namespace: Namespace, name: string): Resource =>
  namespace.accountId === null
    ? { ...resourceOf(namespace), newName: name }
    : resourceOf(namespace, { id: '00000000-0000-0000-0000-000000000000', name, visibility: 'inherit' })

/** What must hold before a version may be added: rights, names, type and format, number of artifacts. */
export class PublishGate {
  readonly #deps: PublishGateDeps
  readonly #directory: Directory
  readonly #guards: ((ref: Required<ArtifactRef>) => Promise<void>)[] = []
  /** Names `check` did not find: `open` makes them without looking again. Should one exist by then, the insert says so. */
  readonly #absent = new LRUCache<string, true>({ ...byCount(maxAbsent), ttl: absentForMs })

  constructor(deps: PublishGateDeps, directory: Directory) {
    this.#deps = deps
    this.#directory = directory
  }

  guardNewNames(guard: (ref: Required<ArtifactRef>) => Promise<void>): void {
    this.#guards.push(guard)
  }

  /** Refuses before a body is read; the final word is `open` and the insert of the version. */
  async check(principal: Principal, target: PublishTarget, version?: string): Promise<Namespace> {
    const place = await this.#enter(principal, target)
    await this.#checkPlace(place, target, version)
    const key = absentKey({ ...place, format: target.format })
    if (place.artifact) {
      this.#absent.delete(key)
      await this.#deps.policies.prepare(locatedAt(place.namespace, place.artifact, principal))
    } else this.#absent.set(key, true)
    return place.namespace
  }

  /** Whether `check` looked for that name a moment ago and found nothing. */
  foundNone(named: Named): boolean {
    return this.#absent.has(absentKey(named))
  }

  async #checkPlace(place: Place, target: PublishTarget, version: string | undefined): Promise<void> {
    if (version !== undefined) parseVersionName(target.format, version)
    if (!place.artifact) {
      if (place.isConfusable) throw new NameConfusable()
      await this.#checkQuota(place, target)
      for (const guard of this.#guards) await guard({ namespace: place.namespace.name, name: place.name, format: target.format })
      return
    }
    if (place.artifact.type !== target.type && !target.guessed && (await this.#isSettled(place.artifact.id)))
      throw new TypeMismatch(place.artifact.type)
    if (version !== undefined && (await this.#isTaken(place.artifact.id, version))) throw new VersionExists(version)
  }

  /** With `holding` the artifact's row is held for a version that follows. */
  open(principal: Principal, target: PublishTarget, holding = false): Promise<Located> {
    return this.#deps.transaction.run(async () => {
      const place = await this.#enter(principal, target, true)
      const created = place.artifact ? undefined : await this.#create(place, target, { principal, holding })
      if (created) return { ...locatedAt(place.namespace, created, principal), ...(holding && { held: 'new' as const }) }
      const known = place.artifact ?? (await this.#createdElsewhere(place, target, principal))
      await requireFactor(this.#deps.secondFactor, principal, known)
      const artifact = await this.#reopen(known, target)
      if (holding) await this.#deps.revisions.settle(artifact)
      return { ...locatedAt(place.namespace, artifact, principal), ...(holding && { held: 'known' as const }) }
    })
  }

  /** One the caller may not see is treated like one that does not exist yet, up to the refusal. */
  async #enter(principal: Principal, target: PublishTarget, trusting = false): Promise<Place> {
    const { authorizer } = this.#deps
    const short = parseNamespace(target.namespace)
    const name = parseArtifactName(target.format, target.name, short)
    if (name === undefined) throw new NameInvalid(target.format)
    const namespace = short === undefined ? undefined : await this.#directory.namespace(short)
    const found = namespace && (await this.#find({ namespace, name, format: target.format }, trusting))
    const artifact = found?.artifact
    const real = namespace && artifact && resourceOf(namespace, artifact)
    const hidden = real !== undefined && !(await authorizer.allows(principal, 'read', real))
    const judged = hidden || !real ? namespace && unbornAt(namespace, name) : real
    const check = () => authorizer.require(principal, 'publish', judged, absent)
    await slowly(check, () => real && namespace && this.#directory.currentArtifacts(namespace.id, name))
    if (hidden || !namespace) throw absent()
    const formats: readonly string[] = allowedFormats(target.type)
    if (!formats.includes(target.format)) throw new FormatNotAllowed(target.type, formats)
    return { namespace, name, artifact, isConfusable: found?.isConfusable === true }
  }

  async #find(named: Named, trusting: boolean): Promise<Pick<Place, 'artifact' | 'isConfusable'>> {
    const key = absentKey(named)
    // `delete` alone would also answer for what is over.
    if (trusting && this.#absent.has(key) && this.#absent.delete(key)) return { artifact: undefined, isConfusable: false }
    const { artifacts, confusable } = await this.#directory.neighbours(named.namespace.id, named.name)
    return { artifact: ofFormat(artifacts, named), isConfusable: confusable.includes(named.format) }
  }

  async #checkQuota({ namespace, name }: Place, { format }: PublishTarget): Promise<void> {
    const { database } = this.#deps
    const { quotaArtifacts } = namespace.settings
    if (quotaArtifacts === undefined) return
    // Locked, so that two first publishes cannot both take the last place.
    if (this.#deps.transaction.active) await database.sql`select id from namespaces where id = ${namespace.id} for no key update`
    const [row] = await database.sql<{ others: number }>`select count(*) as others from artifacts
      where namespace_id = ${namespace.id} and state = 'active' and (name, format) <> (${name}, ${format})`
    if ((row?.others ?? 0) >= quotaArtifacts) throw new QuotaExceeded(quotaArtifacts)
  }

  /** `undefined`: somebody was first. */
  async #create(
    place: Place,
    target: PublishTarget,
    { principal, holding }: { readonly principal: Principal; readonly holding: boolean },
  ): Promise<Artifact | undefined> {
    const { userId, username } = principal
    const { namespace, name } = place
    await this.#checkQuota(place, target)
    const id = uuidv7()
    const [artifact] = await this.#deps.database.sql<Artifact>`with made as (
        insert into artifacts (id, namespace_id, name, folded, format, type, description, visibility, has_manifests, type_settled, rev)
        values (${id}, ${namespace.id}, ${name}, ${foldName(name)}, ${target.format}, ${target.type}, ${target.description ?? null},
          ${target.visibility ?? 'inherit'}, ${holding}, ${holding}, ${Number(holding)})
        on conflict do nothing returning *)
      select ${artifactColumns} from made a join namespaces n on n.id = a.namespace_id`
    if (!artifact) return undefined
    await this.#deps.limits.newName()
    await this.#deps.audit.record({
      action: 'artifact.created',
      subject: `${namespace.name}/${name}`,
      subjectId: id,
      namespace: namespace.name,
      after: { format: target.format, type: target.type },
    })
    await this.#deps.events.emit(ArtifactCreated, {
      artifactId: id,
      namespace: namespace.name,
      name,
      format: target.format,
      type: target.type,
    })
    // In a namespace without an owner an artifact belongs to whoever created it (design.md §2).
    if (namespace.accountId === null && userId !== undefined && username !== undefined)
      await this.#deps.grants.give({ artifactId: id, namespace: namespace.name }, { userId, username }, 'owner')
    this.#directory.artifactChanged(artifact)
    return artifact
  }

  /** Somebody was first: with this name, or with one that folds to the same text. What they made may be theirs alone. */
  async #createdElsewhere({ namespace, name }: Place, target: PublishTarget, principal: Principal): Promise<Artifact> {
    const artifact = ofFormat(await this.#directory.currentArtifacts(namespace.id, name), target)
    if (!artifact) throw new NameConfusable()
    await this.#deps.authorizer.require(principal, 'publish', resourceOf(namespace, artifact), absent)
    return artifact
  }

  /** Whoever may publish may also describe: a version's manifest carries the description of its artifact. */
  async #reopen(artifact: Artifact, target: PublishTarget): Promise<Artifact> {
    const description = target.description ?? artifact.description
    const isKnown = artifact.description === description
    if (isKnown && artifact.type === target.type) return artifact
    // What is settled stays so, and every layer of an image comes by here: no lock for a guess that changes nothing.
    if (isKnown && target.guessed && (await this.#isSettled(artifact.id))) return artifact
    const { database, audit } = this.#deps
    // Locked first: a first version that is being published elsewhere fixes the type, or sees the new one and is refused.
    await database.sql`select id from artifacts where id = ${artifact.id} for no key update`
    const isSettled = artifact.type !== target.type && (await this.#isSettled(artifact.id))
    if (isSettled && !target.guessed) throw new TypeMismatch(artifact.type)
    const type = isSettled ? artifact.type : target.type
    if (artifact.type === type && artifact.description === description) return artifact
    await database.sql`update artifacts set type = ${type}, description = ${description}, updated_at = now() where id = ${artifact.id}`
    await audit.record({
      action: 'artifact.updated',
      subject: `${artifact.namespace}/${artifact.name}`,
      subjectId: artifact.id,
      namespace: artifact.namespace,
      before: { type: artifact.type, description: artifact.description },
      after: { type, description },
    })
    this.#directory.artifactChanged(artifact)
    return { ...artifact, type, description }
  }

  /** By a version, or a manifest that came as one (`References.assign`). */
  async #isSettled(artifactId: string): Promise<boolean> {
    const rows = await this.#deps.database.sql`select 1 from artifacts where id = ${artifactId} and type_settled`
    return rows.length > 0
  }

  async #isTaken(artifactId: string, version: string): Promise<boolean> {
    const rows = await this.#deps.database.sql`select 1 from versions where artifact_id = ${artifactId} and version = ${version}`
    return rows.length > 0
  }
}

const absentKey = ({ namespace, name, format }: Named): string => `${namespace.id} ${format} ${name}`

const ofFormat = (artifacts: readonly Artifact[], { format }: Pick<PublishTarget, 'format'>): Artifact | undefined =>
  artifacts.find((artifact) => artifact.format === format)
