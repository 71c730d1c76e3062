import pino, { type DestinationStream, type Logger } from 'pino'
import type { KernelSettings } from './kernel-settings.ts'

// Applied to whole lines: pino's own redaction by paths knows no depth and costs thirty times as much per line.
const secretField =
  /("(?:proxy-)?(?:authorization|set-cookie|cookie|x-api-key|password|passphrase|token|secret|access_?token|refresh_?token|id_?token|api_?key|private_?key|client_?secret)":)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[\d.]+)/gi
const secretText =
  /\b(gati_)[\w-]{8,}|\b((?:Bearer|Basic) )[\w.~+/=-]{8,}|([?&](?:access_token|refresh_token|id_token|token|password|secret|code|signature|X-Amz-[\w-]+)=)[^&"\s\\]+|(:\/\/[^\s:@/"\\]{1,256}:)[^\s@/"\\]{1,256}(?=@)/gi

const hideSecrets = (line: string): string =>
  line
    .replace(secretField, '$1"[redacted]"')
    .replace(secretText, (_match, ...groups: unknown[]) => `${groups.slice(0, 4).find((group) => group !== undefined)}[redacted]`)

/** JSON lines on standard output, or on `destination`. Fields with telling names and secrets inside texts are hidden, at any depth. */
export function createLogger(settings: Pick<KernelSettings, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: settings.logLevel,
    base: { service: 'gati-registry' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: hideSecrets },
  }
  return destination ? pino(options, destination) : pino(options)
}
