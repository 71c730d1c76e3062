import { service } from './service.ts'

/** The part of pino that modules use: fields first, then a message without variables in it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: Record<string, unknown>): Logger
}
export const Log = service<Logger>('kernel.log')
