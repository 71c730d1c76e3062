import { service } from './service.ts'

/** Small messages between the processes of one registry (Postgres LISTEN/NOTIFY, or Redis pub/sub). */
export interface Channel {
  /** To every other process; never throws, a lost message is covered by `live`. */
  publish(topic: string, message: string): void
  on(topic: string, listener: (message: string) => void): () => void
  /** False while the heartbeat of the connection is late: then nothing may be cached for longer than 2 s. */
  readonly live: boolean
  /** Called when messages may have been lost: everything that depends on them must be dropped. */
  onReset(listener: () => void): () => void
}
export const Channel = service<Channel>('kernel.channel')
