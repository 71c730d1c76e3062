/** The setting `concurrency` says how many child processes there are; whatever else a scan does is cheap. */
export const maxScansAtOnce = 5
/** Of everything a scan does, waiting for its turn included; each analysis has a limit of its own. */
export const scanTimeoutMs = 7_200_000
