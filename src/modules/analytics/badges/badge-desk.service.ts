import { createHash } from 'node:crypto'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { ArtifactRef, Catalog } from '../../metadata/contract.ts'
import { BadgeNotFound } from '../errors.ts'
import type { BadgeKinds } from './badge-kinds.ts'

const maxLabel = 40
const maxMessage = 60

export interface DrawnBadge {
  readonly svg: string
  /** A strong one, with its quotes. */
  readonly etag: string
}

/** Draws badges. Whoever may not see the artifact gets what they get for one that is not there. */
export class BadgeDeskService {
  readonly #catalog: Catalog
  readonly #kinds: BadgeKinds

  constructor(catalog: Catalog, kinds: BadgeKinds) {
    this.#catalog = catalog
    this.#kinds = kinds
  }

  /** Throws what the catalog throws for the artifact, and BadgeNotFound. */
  async draw(principal: Principal, ref: ArtifactRef, kind: string): Promise<DrawnBadge> {
    const read = this.#kinds.get(kind)
    if (!read) throw new BadgeNotFound(kind, this.#kinds.names)
    const { label, message, color } = await read(await this.#catalog.locate(principal, ref, 'read'))
    // It brings tables of letter widths along, which a registry without badges can do without.
    const { makeBadge } = await import('badge-maker')
    const svg = makeBadge({ label: bounded(label, maxLabel), message: bounded(message, maxMessage), color, style: 'flat' })
    return { svg, etag: `"${createHash('sha256').update(svg).digest('base64url')}"` }
  }
}

export const BadgeDesk = service<BadgeDeskService>('analytics.badge_desk')

/** One line of what XML can hold. */
function bounded(text: string, most: number): string {
  const line = [
    ...text
      .slice(0, 4 * most)
      .replace(/[\p{C}\s]+/gu, ' ')
      .trim(),
  ]
  return line.length > most ? `${line.slice(0, most - 1).join('')}…` : line.join('')
}
