import { Type } from '@sinclair/typebox'
import { defineEffect, type Effect, onDemand } from '../../../shared/kernel/effect.ts'
import { Effects } from '../../../shared/kernel/effects.ts'
import { Reassessment, type Scope } from '../reassessment.service.ts'

const Further = Type.Object({
  namespaceId: Type.Optional(Type.String()),
  key: Type.Optional(Type.Object({ keyId: Type.String(), compromised: Type.Boolean(), reason: Type.String() })),
  after: Type.String(),
})

interface Deps {
  readonly reassessment: Reassessment
  readonly effects: Effects
}

/** One slice, and a request for the next one: a failure or the end of the process costs no more than a slice. */
export async function reassess(
  scope: Scope & { readonly after?: string },
  { reassessment, effects }: Deps,
  signal: AbortSignal,
): Promise<number> {
  const { after, ...rest } = scope
  const { signatures, next } = await reassessment.slice(rest, { ...(after !== undefined && { after }), signal })
  if (next !== null) await effects.request(reassessFurther, { ...rest, after: next })
  return signatures
}

export const reassessFurther: Effect<Scope & { readonly after: string }> = defineEffect({
  name: 'signing.reassess-further',
  trigger: onDemand(Further),
  deps: { reassessment: Reassessment, effects: Effects },
  timeoutMs: 600_000,
  run: async (further, deps, { signal }) => void (await reassess(further, deps, signal)),
})
