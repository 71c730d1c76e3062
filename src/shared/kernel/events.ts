import type { DomainEvent, EventEnvelope } from './event.ts'
import { service } from './service.ts'

/** Facts leave a module here. */
export interface Events {
  /**
   * Writes the event to the outbox in the surrounding transaction (or one of its own). After the commit, listeners of this
   * process hear it at once and those of other processes through the relay; effects run from the relay. Throws on a payload that does not fit its schema.
   */
  emit<P>(event: DomainEvent<P>, payload: NoInfer<P>): Promise<void>
  /** Best effort, for caches and metrics, and possibly more than once; what must happen is an effect. Returns how to stop listening. */
  on<P>(event: DomainEvent<P>, listener: (payload: P, envelope: EventEnvelope<P>) => void): () => void
}
export const Events = service<Events>('kernel.events')
