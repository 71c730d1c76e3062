import { service } from 'gati-registry/kernel'

export interface Greeter {
  greet(visitor: string): string
  /** Remembers one more published version. */
  count(versionId: string): Promise<void>
  published(): Promise<number>
}
export const Greeter = service<Greeter>('hello.greeter')
