import type { PackumentForm } from '../contract.ts'
import { baseMarker } from '../fragments.ts'
import type { DocumentHead } from './document.queries.ts'

/** Whose document it is. `base` is the URL of the registry, without a slash at its end. */
export interface Subject {
  readonly artifactId: string
  /** `@acme/widget`, `left-pad`. */
  readonly name: string
  readonly base: string
}

/** What clients send back as `_rev`. */
export const revOf = (artifactId: string, rev: number): string => `${rev}-${artifactId.replaceAll('-', '')}`

/** What comes before the versions. */
export function startOf(form: PackumentForm, { artifactId, name }: Subject, head: DocumentHead): string {
  const quoted = JSON.stringify(name)
  const rest = `"dist-tags":{${head.tags ?? ''}},"versions":{`
  return form === 'full'
    ? `{"_id":${quoted},"_rev":"${revOf(artifactId, head.rev)}","name":${quoted},${rest}`
    : `{"name":${quoted},"modified":"${head.modified}",${rest}`
}

/** What comes after them. */
export function endOf(form: PackumentForm, head: DocumentHead, times: string): string {
  if (form === 'abbreviated') return '}}'
  const { created, modified, maintainers, stars, about } = head
  const time = `"created":"${created}","modified":"${modified}"${times === '' ? '' : ','}${times}`
  return `},"time":{${time}},"maintainers":[${maintainers ?? ''}],"users":{${stars ?? ''}}${about ? `,${about}` : ''}}`
}

/** Within the quotes of a text. */
export const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Stored text with the URL of the registry in its places. */
export const atBase = (text: string, base: string): string => text.split(baseMarker).join(inJson(base))
