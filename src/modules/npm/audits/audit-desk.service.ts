import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { BadExchange } from '../../../shared/kernel/http-errors.ts'
import { type JsonLimits, parseJson } from '../../../shared/kernel/http-json.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { service } from '../../../shared/kernel/service.ts'
import { Slots } from '../../../shared/kernel/slots.ts'
import { readJsonBytes } from '../decoded-body.ts'
import { AuditsBusy } from './errors.ts'

/** Bodies in memory; the others are not read yet. */
const atOnce = 16
/** Nobody holds a slot with a body that never ends. */
const bodyMs = 30_000

/** Of an address, for callers without a name: an install audits once. */
export const auditLimit = { max: 600, windowMs: 60_000, anonymousOnly: true } as const

export interface AuditLimits extends JsonLimits {
  readonly maxBytes: number
}

/** Audits are much work that anybody may ask for: so many wait, some have their bodies read, and one after the other is answered. */
export class AuditDesk {
  readonly #slots: Slots
  readonly #turns = new Slots({ atOnce: 1, waiting: atOnce })

  constructor(maxAudits: number) {
    const slots = Math.min(atOnce, maxAudits)
    this.#slots = new Slots({ atOnce: slots, waiting: maxAudits - slots }, () => new AuditsBusy())
  }

  /** Throws AuditsBusy, and what `readJsonBytes` and `parseJson` throw. */
  answer<T>(request: FastifyRequest, limits: AuditLimits, work: (body: unknown) => Promise<T>): Promise<T> {
    return this.#slots.use(async () => {
      const bytes = await readInTime(request, limits.maxBytes)
      return this.#turns.use(async () => {
        const body = bytes.length === 0 ? undefined : parseJson(bytes, limits)
        await new LoopTurn().next()
        return work(body)
      })
    })
  }
}
export const Audits = service<AuditDesk>('npm.audits')

async function readInTime(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  const late = () => (request.body as Readable).destroy(new BadExchange(408, 'request.body_timeout', 'the audit took too long to arrive'))
  const timer = setTimeout(late, bodyMs)
  try {
    return await readJsonBytes(request, maxBytes)
  } finally {
    clearTimeout(timer)
  }
}
