import type { DiffView } from '../views.ts'

const signs = { major: '!', minor: '+', patch: '~', none: ' ' } as const

/** For people: one line per change, what breaks first. */
export function readableDiff({ from, to, type, required, declared, undeclared, complete, changes }: DiffView): string {
  const order = ['major', 'minor', 'patch', 'none'] as const
  const sorted = order.flatMap((bump) => changes.filter((change) => change.bump === bump))
  const lines = sorted.map(({ bump, path, rule, message }) => `${signs[bump]} ${path}  ${message} (${rule}: ${bump})`)
  const notes = [
    ...(undeclared ? [`The numbers declare a ${declared} change, the changes ask for ${required}.`] : []),
    ...(complete ? [] : ['The content of some versions in between was not compared.']),
  ]
  const head = `${from} -> ${to}: ${type} (required ${required}, declared ${declared ?? 'nothing'})`
  return `${[head, ...(lines.length > 0 ? lines : ['no changes']), ...notes].join('\n')}\n`
}
