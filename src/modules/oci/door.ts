import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import { service } from '../../shared/kernel/service.ts'
import type { RepositoryRef, UploadSession } from '../artifacts/contract.ts'
import type { ByteBudget } from './byte-budget.ts'
import { repositoryText } from './repository.ts'
import type { OciSettings } from './settings.ts'

/** What the handlers of this door share. */
export interface Door {
  readonly settings: OciSettings
  readonly sessions: SessionPlaces
  /** For pushed manifests, which are held as a whole. */
  readonly manifestBytes: ByteBudget
}
export const Door = service<Door>('oci.door')

const rememberedSessions = 10_000

/** Which repository an upload session was opened for: that never changes, so that a chunk need not ask for it. */
export class SessionPlaces {
  readonly #places = new LRUCache<string, string>(byCount(rememberedSessions))

  /** Returns the session, for chaining. */
  note(session: UploadSession): UploadSession {
    this.#places.set(session.id, placeOf(session))
    return session
  }

  /** `undefined` when this process has not met the session. */
  isAt(id: string, ref: RepositoryRef): boolean | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : place === repositoryText(ref)
  }
}

const placeOf = ({ namespace, name, format }: UploadSession): string => repositoryText({ namespace, name, format: format ?? 'generic' })
