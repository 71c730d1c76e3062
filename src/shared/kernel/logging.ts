import pino, { type DestinationStream, type Logger } from 'pino'
import type { KernelSettings } from './kernel-settings.ts'

// Applied to whole lines: pino's own redaction by paths knows no depth and costs thirty times as much per line.
const secretField =
  /("[\w-]{0,64}(?:authorization|cookie|api[_-]?key|password|passphrase|token|secret|private[_-]?key)":)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[\d.]+)/gi
const secretText =
  /\b(gati_)[\w-]{8,}|\b((?:Bearer|Basic) )[\w.~+/=-]{8,}|([?&](?:access_token|refresh_token|id_token|token|password|secret|code|signature|X-Amz-[\w-]+)=)[^&"\s\\]+|(:\/\/[^\s:@/"\\]{0,256}:)[^\s@/"\\]{1,256}(?=@)|\b(eyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/gi

const hideSecrets = (line: string): string =>
  line
    .replace(secretField, '$1"[redacted]"')
    .replace(secretText, (_match, ...groups: unknown[]) => `${groups.slice(0, 5).find((group) => group !== undefined)}[redacted]`)

// One write per line would cost as much as answering a cached request. What is left at an exit is flushed; a kill may take the last `flushMs`.
const batchBytes = 8_192
const flushMs = 50

/** JSON lines on standard output, or on `destination`. Fields with telling names and secrets inside texts are hidden, at any depth. */
export function createLogger(settings: Pick<KernelSettings, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: settings.logLevel,
    base: { service: 'gati-registry' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: hideSecrets },
  }
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false, minLength: batchBytes, periodicFlush: flushMs }))
}
