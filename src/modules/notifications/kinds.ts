import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'

export const MailPace = oneOf(['instant', 'daily', 'weekly', 'off'])
export type MailPace = Static<typeof MailPace>
export const FeedPace = oneOf(['instant', 'off'])

interface KindRule {
  /** What somebody has to be allowed on the artifact, or its namespace, to hear of it. */
  readonly right: 'read' | 'publish' | 'manage'
  /** Whoever administers the artifact hears of it without following anything. */
  readonly owners: boolean
  /** By mail, unless a preference says otherwise. */
  readonly mail: MailPace
}

const news = (mail: MailPace): KindRule => ({ right: 'read', owners: false, mail })
const warning = (mail: MailPace): KindRule => ({ right: 'read', owners: true, mail })
const internal = (mail: MailPace): KindRule => ({ right: 'publish', owners: true, mail })

/** Everything there is a notice of, by the wire name of its event. */
const rules = {
  'metadata.version_published': news('daily'),
  'metadata.version_deprecated': news('daily'),
  'metadata.version_yanked': news('daily'),
  'metadata.version_deleted': news('daily'),
  'metadata.tag_moved': news('off'),
  'metadata.publication_held': internal('off'),
  'metadata.publication_expired': internal('instant'),
  'metadata.manifest_quarantined': warning('instant'),
  'metadata.quarantine_lifted': warning('instant'),
  'signing.signature_rejected': internal('instant'),
  'signing.publisher_key_revoked': warning('instant'),
  'scanning.scan_completed': internal('daily'),
  'scanning.vulnerability_detected': warning('daily'),
  'scanning.malicious_content_found': internal('instant'),
  'timescape.breaking_change_detected': warning('daily'),
  'timescape.dependants_affected': internal('daily'),
  'notifications.webhook_disabled': { right: 'manage', owners: true, mail: 'instant' },
  'notifications.ping': { right: 'manage', owners: false, mail: 'off' },
} as const satisfies Record<string, KindRule>

export type NoticeKind = keyof typeof rules
export const noticeKinds = Object.keys(rules) as readonly NoticeKind[]
/** What can be followed, and chosen in preferences. */
export const followableKinds = noticeKinds.filter((kind) => kind !== 'notifications.ping')
export const ruleOf = (kind: NoticeKind): KindRule => rules[kind]
export const isNoticeKind = (text: string): text is NoticeKind => Object.hasOwn(rules, text)

export const NoticeKindSchema = oneOf(followableKinds)
export const EventFilter = Type.Array(NoticeKindSchema, {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
  description: 'Only events of these types; all of them when it is left out.',
})
