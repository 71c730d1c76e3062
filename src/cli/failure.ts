interface ProblemDocument {
  readonly code?: string
  readonly message?: string
  readonly details?: { readonly errors?: readonly { readonly path: string; readonly message: string }[] }
  readonly suggestions?: readonly string[]
}

/** Ends the command with its message; 1 = it failed, 2 = it was called wrongly. */
export class Failure extends Error {
  readonly exitCode: 1 | 2
  /** As the registry sent it. */
  readonly problem: unknown
  constructor(message: string, options: { exitCode?: 1 | 2; problem?: unknown; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'Failure'
    this.exitCode = options.exitCode ?? 1
    this.problem = options.problem
  }

  /** Of the problem document, for example `artifacts.blob_unknown`. */
  get code(): string | undefined {
    return (this.problem as ProblemDocument | undefined)?.code
  }
}

export const usage = (message: string): Failure => new Failure(message, { exitCode: 2 })
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export async function failureOf(response: Response): Promise<Failure> {
  const problem = (await response.json().catch(() => undefined)) as ProblemDocument | undefined
  if (!problem?.message) return new Failure(`${response.status} ${response.statusText}`, { problem })
  const errors = (problem.details?.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
  const suggestions = (problem.suggestions ?? []).map((suggestion) => `  ${suggestion}`)
  const hint = response.status === 401 && problem.code !== 'auth.invalid_credentials' ? ['  sign in with gati-registry login'] : []
  return new Failure([`${problem.message} (${problem.code}, ${response.status})`, ...errors, ...suggestions, ...hint].join('\n'), {
    problem,
  })
}
