/** The analysis did not end with a report. Whoever asked decides what that means for the version. */
export class AnalysisFailed extends Error {
  readonly reason: 'timeout' | 'crashed' | 'garbage' | 'unreadable'

  constructor(reason: AnalysisFailed['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AnalysisFailed'
    this.reason = reason
  }
}
