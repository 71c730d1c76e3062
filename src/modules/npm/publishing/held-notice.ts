import type { PublishedVersion } from '../../artifacts/contract.ts'

const maxCharacters = 1_000

/** Header of the answer to a publish: clients of npm show its text to their user. Empty when everything can be installed at once. */
export function heldNotice(published: readonly PublishedVersion[]): Readonly<Record<string, string>> {
  const waiting = published.filter(({ version }) => version.state === 'pending')
  if (waiting.length === 0) return {}
  const each = waiting.map(({ namespace, name, version }) => {
    const scope = namespace === 'library' ? '' : `@${namespace}/`
    return `${scope}${name}@${version.version} waits and cannot be installed yet: ${version.stateReason ?? 'it is held back'}`
  })
  return { 'npm-notice': printable(each.join('; ')).slice(0, maxCharacters) }
}

/** A header holds nothing else. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/g, '?')
