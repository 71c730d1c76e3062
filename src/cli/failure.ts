/** Ends the command with its message; 1 = it failed, 2 = it was called wrongly. */
export class Failure extends Error {
  readonly exitCode: 1 | 2
  readonly problem: unknown
  constructor(message: string, options: { exitCode?: 1 | 2; problem?: unknown } = {}) {
    super(message)
    this.name = 'Failure'
    this.exitCode = options.exitCode ?? 1
    this.problem = options.problem
  }
}
