import type { NoticeKind } from './kinds.ts'
import type { NotedEvent } from './noted-event.ts'
import { subjectOf } from './webhooks/message.ts'

type Facts = Pick<NotedEvent, 'kind' | 'namespace' | 'name' | 'data'>

const longest = 300
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const because = (value: unknown): string => (text(value) === '' ? '' : `: ${text(value)}`)
const count = (value: unknown, noun: string): string => `${text(value)} ${noun}${value === 1 ? '' : 's'}`

const sentences: Readonly<Record<NoticeKind, (subject: string, data: NotedEvent['data']) => string>> = {
  'metadata.version_published': (subject) => `${subject} was published`,
  'metadata.version_deprecated': (subject, { reason }) =>
    reason === null ? `${subject} is no longer deprecated` : `${subject} was deprecated${because(reason)}`,
  'metadata.version_yanked': (subject, { yanked }) => `${subject} ${yanked === false ? 'is no longer yanked' : 'was yanked'}`,
  'metadata.version_deleted': (subject) => `${subject} was deleted`,
  'metadata.tag_moved': (subject, { to }) => `${subject} ${to === null ? 'was removed' : `points to ${text(to)}`}`,
  'metadata.publication_held': (subject, { policies }) =>
    `${subject} waits to be published${Array.isArray(policies) ? because(policies.map(text).join(', ')) : ''}`,
  'metadata.publication_expired': (subject) => `${subject} was not published: what it waited for did not come in time`,
  'metadata.manifest_quarantined': (subject, { reason }) => `${subject} was quarantined${because(reason)}`,
  'metadata.quarantine_lifted': (subject) => `${subject} is no longer quarantined`,
  'signing.signature_rejected': (subject, { reason }) => `A signature of ${subject} was rejected${because(reason)}`,
  'signing.publisher_key_revoked': (subject, { reason, compromised }) =>
    `A signing key of ${subject} was revoked${compromised === true ? ' because it was compromised' : ''}${because(reason)}`,
  'scanning.scan_completed': (subject, { securityScore, vulnerabilities }) =>
    `${subject} was scanned: score ${text(securityScore)}, ${count(vulnerabilities, 'finding')}`,
  'scanning.vulnerability_detected': (subject, data) =>
    `${text(data['advisoryId'])} (${text(data['severity'])}) concerns ${text(data['package'])} in ${subject}${fix(data['fixedVersion'])}`,
  'scanning.malicious_content_found': (subject, { rules }) =>
    `Malicious content was found in ${subject}${Array.isArray(rules) ? because(rules.map(text).join(', ')) : ''}`,
  'timescape.breaking_change_detected': (subject, { from, changes }) => `${subject} breaks with ${text(from)}: ${count(changes, 'change')}`,
  'timescape.dependants_affected': (subject, { dependency, dependencyVersion, range, cause, reason }) =>
    `${subject} takes ${text(range)} of ${text(dependency)}: ${text(dependencyVersion)} ${cause === 'deprecation' ? 'was deprecated' : 'breaks it'}${because(reason)}`,
  'notifications.webhook_disabled': (_subject, { url, reason }) => `The webhook ${text(url)} was disabled${because(reason)}`,
  'notifications.ping': (subject) => `Messages about ${subject} arrive`,
}

const fix = (version: unknown): string => (text(version) === '' ? '' : `; fixed in ${text(version)}`)

/** One line for a person: plain text, that whoever shows it has to escape. */
export const sentenceOf = (facts: Facts): string =>
  sentences[facts.kind](subjectOf(facts), facts.data)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .slice(0, longest)
    .toWellFormed()
