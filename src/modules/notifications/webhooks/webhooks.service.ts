import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import type { Audit } from '../../auth/contract.ts'
import type { Catalog, Namespace } from '../../metadata/contract.ts'
import { TooManyWebhooks, WebhookNotFound } from '../errors.ts'
import { type FoundTarget, findTarget, type Target } from '../targets.ts'
import { addSecret, countWebhooks, dropDeliveries, findWebhook, listWebhooks, replaceFollows } from './webhook.queries.ts'
import { parseWebhookUrl, probe, withoutPath } from './webhook-url.ts'
import type { NewWebhook, WebhookChange, WebhookView } from './webhook-view.ts'

export interface WebhooksDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly outbound: Outbound
  readonly audit: Audit
  readonly catalog: Catalog
  readonly mostPerNamespace: number
}

/** Webhooks of a namespace, for whoever manages it. */
export class WebhooksService {
  readonly #deps: WebhooksDeps
  constructor(deps: WebhooksDeps) {
    this.#deps = deps
  }

  async list(caller: Principal, namespace: string): Promise<WebhookView[]> {
    return listWebhooks(this.#deps.database, (await this.#manage(caller, namespace)).id)
  }

  async find(caller: Principal, namespace: string, id: string): Promise<WebhookView> {
    return (await this.enter(caller, { namespace, id })).webhook
  }

  /** Throws WebhookNotFound, and what the catalog throws for a namespace the caller does not manage. */
  async enter(caller: Principal, place: WebhookPlace): Promise<{ readonly namespace: Namespace; readonly webhook: WebhookView }> {
    const namespace = await this.#manage(caller, place.namespace)
    return { namespace, webhook: await this.#present(namespace, place.id) }
  }

  /** With its secret. Throws WebhookUrlInvalid, WebhookAddressRefused, TooManyWebhooks, and what `findTarget` throws. */
  async create(caller: Principal, namespaceName: string, wanted: NewWebhook): Promise<WebhookView & { secret: string }> {
    const { database, transaction, audit, outbound } = this.#deps
    const namespace = await this.#manage(caller, namespaceName)
    const url = parseWebhookUrl(wanted.url)
    const targets = await this.#targets(caller, wanted.follows ?? [{ kind: 'namespace', namespace: namespace.name }])
    await this.#refuseMany(namespace)
    await probe(outbound, url)
    const { format = 'cloudevents', events = null, description = '' } = wanted
    return transaction.run(async () => {
      // Two at once must not both be the last one.
      await database.sql`select pg_advisory_xact_lock(hashtextextended(${`notifications.webhooks ${namespace.id}`}, 0))`
      await this.#refuseMany(namespace)
      const id = uuidv7()
      await database.sql`
        insert into notification_webhooks (id, namespace_id, account_id, url, format, events, description)
        values (${id}::uuid, ${namespace.id}::uuid, ${namespace.accountId}::uuid, ${url}, ${format}, ${events}::text[], ${description})`
      await replaceFollows(database, id, targets)
      const { secret } = await addSecret(database, id, 0)
      await audit.record({ action: 'webhook.created', subject: withoutPath(url), subjectId: id, namespace: namespace.name })
      return { ...(await this.#present(namespace, id)), secret }
    })
  }

  /** Enabling forgets past failures. */
  async change(caller: Principal, place: WebhookPlace, change: WebhookChange): Promise<WebhookView> {
    const { database, transaction, audit, outbound } = this.#deps
    const namespace = await this.#manage(caller, place.namespace)
    const seen = await this.#present(namespace, place.id)
    const wantedUrl = change.url === undefined ? undefined : parseWebhookUrl(change.url)
    const targets = change.follows && (await this.#targets(caller, change.follows))
    if (wantedUrl !== undefined && wantedUrl !== seen.url) await probe(outbound, wantedUrl)
    return transaction.run(async () => {
      // It may have been disabled, or changed by somebody else, since it was looked at.
      await database.sql`select id from notification_webhooks where id = ${place.id}::uuid for update`
      const before = await this.#present(namespace, place.id)
      const { format = before.format, events = before.events, description = before.description, enabled = before.enabled } = change
      const url = wantedUrl ?? before.url
      const wasSwitched = enabled !== before.enabled
      await database.sql`
        update notification_webhooks set url = ${url}, format = ${format}, events = ${events}::text[], description = ${description},
          state = ${enabled ? 'enabled' : 'disabled'},
          disabled_reason = case when ${wasSwitched}::boolean then ${enabled ? null : 'it was switched off'} else disabled_reason end,
          failing_since = case when ${wasSwitched}::boolean or ${url !== before.url}::boolean then null else failing_since end
        where id = ${place.id}::uuid`
      if (targets) await replaceFollows(database, place.id, targets)
      const changed = { before: { url: withoutPath(before.url), enabled: before.enabled }, after: { url: withoutPath(url), enabled } }
      await audit.record({
        action: 'webhook.changed',
        subject: withoutPath(url),
        subjectId: place.id,
        namespace: namespace.name,
        ...changed,
      })
      return this.#present(namespace, place.id)
    })
  }

  async remove(caller: Principal, place: WebhookPlace): Promise<void> {
    const { database, transaction, audit } = this.#deps
    const { namespace, webhook } = await this.enter(caller, place)
    await dropDeliveries(database, webhook.id)
    await transaction.run(async () => {
      const { url } = await this.#present(namespace, place.id)
      await database.sql`delete from notification_webhooks where id = ${place.id}::uuid`
      await audit.record({ action: 'webhook.deleted', subject: withoutPath(url), subjectId: place.id, namespace: namespace.name })
    })
  }

  /** Two secrets are valid at most; messages are signed with both. */
  async rotateSecret(caller: Principal, place: WebhookPlace, formerHours: number): Promise<{ secret: string; formerValidUntil: string }> {
    const { database, transaction, audit } = this.#deps
    const namespace = await this.#manage(caller, place.namespace)
    return transaction.run(async () => {
      await database.sql`select id from notification_webhooks where id = ${place.id}::uuid for update`
      const { url } = await this.#present(namespace, place.id)
      const rotated = await addSecret(database, place.id, formerHours)
      await audit.record({ action: 'webhook.secret_rotated', subject: withoutPath(url), subjectId: place.id, namespace: namespace.name })
      return rotated
    })
  }

  #manage(caller: Principal, namespace: string): Promise<Namespace> {
    return this.#deps.catalog.namespace(caller, namespace, 'manage')
  }

  async #present(namespace: Namespace, id: string): Promise<WebhookView> {
    const found = await findWebhook(this.#deps.database, namespace.id, id)
    if (!found) throw new WebhookNotFound()
    return found
  }

  async #refuseMany({ id }: Namespace): Promise<void> {
    const { database, mostPerNamespace } = this.#deps
    if ((await countWebhooks(database, id)) >= mostPerNamespace) throw new TooManyWebhooks(mostPerNamespace)
  }

  async #targets(caller: Principal, targets: readonly Target[]): Promise<FoundTarget[]> {
    const found: FoundTarget[] = []
    for (const target of targets) found.push(await findTarget(this.#deps.catalog, caller, target))
    return found
  }
}

export interface WebhookPlace {
  readonly namespace: string
  readonly id: string
}

export const Webhooks = service<WebhooksService>('notifications.webhooks')
