import type { Version } from './contract.ts'
import type { DownloadListeners } from './download-listeners.contract.ts'

export class HeardDownloads implements DownloadListeners {
  readonly #listeners: ((version: Pick<Version, 'id'>) => void)[] = []

  on(listener: (version: Pick<Version, 'id'>) => void): void {
    this.#listeners.push(listener)
  }

  tell(version: Pick<Version, 'id'>): void {
    for (const listener of this.#listeners) listener(version)
  }
}
