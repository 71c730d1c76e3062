import type { PackumentEncoding, PackumentForm } from '../../packuments/contract.ts'

/** What clients that install ask for; they compare it with the content type of the answer. */
export const installType = 'application/vnd.npm.install-v1+json'

/** Clients send a handful of different texts. */
const maxRemembered = 256

/** Hot. The abbreviated form for who names its type and likes it no less than plain JSON (RFC 9110 §12.5.1). */
export const formWanted = remembering((accept): PackumentForm => {
  const weights = weightsOf(accept)
  const abbreviated = weights.get(installType) ?? 0
  return abbreviated > 0 && abbreviated >= (weights.get('application/json') ?? 0) ? 'abbreviated' : 'full'
})

/** The ones we like better come first where a client likes them the same. */
const encodings: readonly PackumentEncoding[] = ['br', 'zstd', 'gzip', 'identity']

/** Hot. Content codings the client takes, best first (RFC 9110 §12.5.3). Without the header, and where it takes nothing we have: as it is. */
export const encodingsWanted = remembering((acceptEncoding): readonly PackumentEncoding[] => {
  const weights = weightsOf(acceptEncoding)
  const others = weights.get('*')
  const weightOf = (encoding: PackumentEncoding): number => {
    const named = weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined)
    // What is not named at all is still taken as it is, before nothing.
    return named ?? others ?? (encoding === 'identity' ? Number.MIN_VALUE : 0)
  }
  const taken = encodings.filter((encoding) => weightOf(encoding) > 0).sort((left, right) => weightOf(right) - weightOf(left))
  return taken.length > 0 ? taken : ['identity']
})

/** `a;q=0.5, b`, names in lower case. A weight that is none counts as 1. */
function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    if (name !== '') weights.set(name, weightOf(parameters))
  }
  return weights
}

const weight = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const found = weight.exec(parameter)?.[1]
    if (found !== undefined) return Number(found)
  }
  return 1
}

function remembering<T>(read: (header: string) => T): (header: string | undefined) => T {
  const known = new Map<string, T>()
  return (header = '') => {
    const found = known.get(header)
    if (found !== undefined) return found
    const result = read(header)
    if (known.size < maxRemembered) known.set(header, result)
    return result
  }
}
