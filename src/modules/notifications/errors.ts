import { DomainError } from '../../shared/errors/domain-error.ts'

abstract class Absent extends DomainError {
  readonly kind = 'not-found'
}
export class SubscriptionNotFound extends Absent {
  readonly code = 'notifications.subscription_not_found'
  constructor() {
    super('there is no such subscription')
  }
}
export class WebhookNotFound extends Absent {
  readonly code = 'notifications.webhook_not_found'
  constructor() {
    super('there is no such webhook')
  }
}
export class DeliveryNotFound extends Absent {
  readonly code = 'notifications.delivery_not_found'
  constructor() {
    super('there is no such delivery, or the log has forgotten it')
  }
}

export class AlreadyFollowed extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'notifications.already_followed'
  constructor() {
    super('you follow this already')
  }
}

export class TooManySubscriptions extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'notifications.too_many_subscriptions'
  readonly #limit: number
  constructor(limit: number) {
    super(`one user can follow ${limit} things`)
    this.#limit = limit
  }
  override get details() {
    return { limit: this.#limit }
  }
}

export class TooManyWebhooks extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'notifications.too_many_webhooks'
  readonly #limit: number
  constructor(limit: number) {
    super(`a namespace can have ${limit} webhooks`)
    this.#limit = limit
  }
  override get details() {
    return { limit: this.#limit }
  }
}

/** The target does not name what its kind wants. */
export class TargetInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'notifications.target_invalid'
}

export class WebhookUrlInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'notifications.webhook_url_invalid'
}

/** D-24: says no more, because who asked may be curious about what is inside. */
export class WebhookAddressRefused extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'notifications.webhook_address_refused'
  constructor() {
    super('the registry does not connect to the address of this URL: it is not a public one')
  }
  override get suggestions(): readonly string[] {
    return ['the operator can allow hosts and networks with REGISTRY_OUTBOUND_ALLOW']
  }
}

export class WebhookIsDisabled extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'notifications.webhook_disabled'
  constructor() {
    super('the webhook is disabled; enable it first')
  }
}

export class UnsubscribeTokenInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'notifications.unsubscribe_token_invalid'
  constructor() {
    super('this link is not one that the registry gave out')
  }
}

export class CursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'notifications.cursor_invalid'
  constructor() {
    super('the cursor is not one that this list gave out')
  }
}
