import { type MailPace, type NoticeKind, ruleOf } from './kinds.ts'
import type { Choices, Recipient } from './recipients.queries.ts'

const dayMs = 86_400_000
/** Of the day, UTC. */
const digestHour = 6

/** Where a notice of this kind goes. */
export const channelsOf = (kind: NoticeKind, choices: Choices): { readonly feed: 'instant' | 'off'; readonly mail: MailPace } => ({
  feed: choices[kind]?.feed ?? 'instant',
  mail: choices[kind]?.mail ?? ruleOf(kind).mail,
})

/** When mail of this pace is due that was asked for now: at once, at the next 06:00 UTC, on the next Monday at 06:00 UTC. */
export function mailDueAt(pace: MailPace, now: Date): Date | null {
  if (pace === 'off') return null
  if (pace === 'instant') return now
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), digestHour)
  const next = today > now.getTime() ? today : today + dayMs
  if (pace === 'daily') return new Date(next)
  return new Date(next + ((8 - new Date(next).getUTCDay()) % 7) * dayMs)
}

/** A notice for one user; nothing when the user wants it nowhere. */
export function placeOf({ choices, mailEnabled, email }: Recipient, kind: NoticeKind, now: Date) {
  const { feed, mail } = channelsOf(kind, choices)
  const due = mailEnabled && email !== null ? mailDueAt(mail, now) : null
  return feed === 'off' && due === null ? undefined : { inFeed: feed === 'instant', mailDueAt: due?.toISOString() ?? null }
}
