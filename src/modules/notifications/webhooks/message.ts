import type { NotedEvent } from '../noted-event.ts'

export type MessageFormat = 'cloudevents' | 'json'

export interface Message {
  readonly contentType: string
  readonly body: string
}

const typeOf = (kind: string): string => `dev.gati.${kind}`

/** Always the same text for the same event, so that every try sends the same bytes. `source` is the registry's public URL. */
export function renderMessage(event: NotedEvent, { format, source }: { readonly format: MessageFormat; readonly source: string }): Message {
  const { id, kind, at, data } = event
  const subject = subjectOf(event)
  if (format === 'json')
    return { contentType: 'application/json', body: JSON.stringify({ id, type: kind, time: at, source, subject, data }) }
  const envelope = { specversion: '1.0', id, source, type: typeOf(kind), subject, time: at, datacontenttype: 'application/json', data }
  return { contentType: 'application/cloudevents+json; charset=utf-8', body: JSON.stringify(envelope) }
}

/** `namespace`, or `namespace/name` with the version or the tag where one is meant. */
export function subjectOf({ namespace, name, data }: Pick<NotedEvent, 'namespace' | 'name' | 'data'>): string {
  if (name === null) return namespace
  if (typeof data['tag'] === 'string') return `${namespace}/${name}:${data['tag']}`
  const version = data['version'] ?? data['to']
  return typeof version === 'string' && version !== '' ? `${namespace}/${name}@${version}` : `${namespace}/${name}`
}
