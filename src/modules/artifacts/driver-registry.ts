import type { Readable } from 'node:stream'
import { service } from '../../shared/kernel/service.ts'
import type { BlobDriver, BlobDrivers, BlobLocation, BlobPresentation } from './contract.ts'

/** The driver that the setting names. */
export const ActiveDriver = service<BlobDriver>('artifacts.driver')
export type ActiveDriver = BlobDriver

export class DriverRegistry implements BlobDrivers {
  readonly #open = new Map<string, () => Promise<BlobDriver>>()

  add(name: string, open: () => Promise<BlobDriver>): void {
    if (this.#open.has(name)) throw new Error(`There are two blob drivers named ${name}`)
    this.#open.set(name, open)
  }

  /** Opened when it is first needed, because modules that add drivers start after this one. */
  named(name: string): BlobDriver {
    let opened: Promise<BlobDriver> | undefined
    return new LateDriver(name, () => {
      opened ??= this.#openNamed(name).catch((error: unknown) => {
        opened = undefined
        throw error
      })
      return opened
    })
  }

  async #openNamed(name: string): Promise<BlobDriver> {
    const open = this.#open.get(name)
    if (!open) throw new Error(`There is no blob driver ${name}; there are ${[...this.#open.keys()].join(', ')}`)
    return open()
  }
}

class LateDriver implements BlobDriver {
  readonly name: string
  readonly #driver: () => Promise<BlobDriver>

  constructor(name: string, driver: () => Promise<BlobDriver>) {
    this.name = name
    this.#driver = driver
  }

  async append(uploadKey: string, offset: number, body: AsyncIterable<Buffer>): Promise<void> {
    return (await this.#driver()).append(uploadKey, offset, body)
  }
  async uploadSize(uploadKey: string): Promise<number> {
    return (await this.#driver()).uploadSize(uploadKey)
  }
  async readUpload(uploadKey: string): Promise<Readable> {
    return (await this.#driver()).readUpload(uploadKey)
  }
  async store(storageKey: string, body: AsyncIterable<Buffer>): Promise<void> {
    return (await this.#driver()).store(storageKey, body)
  }
  async commit(uploadKey: string, storageKey: string): Promise<void> {
    return (await this.#driver()).commit(uploadKey, storageKey)
  }
  async abort(uploadKey: string): Promise<void> {
    return (await this.#driver()).abort(uploadKey)
  }
  async read(storageKey: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    return (await this.#driver()).read(storageKey, range)
  }
  async locate(storageKey: string, as: BlobPresentation): Promise<BlobLocation | undefined> {
    return (await this.#driver()).locate?.(storageKey, as)
  }
  async size(storageKey: string): Promise<number | undefined> {
    return (await this.#driver()).size(storageKey)
  }
  async remove(storageKey: string): Promise<void> {
    return (await this.#driver()).remove(storageKey)
  }
  async quarantine(storageKey: string): Promise<void> {
    return (await this.#driver()).quarantine(storageKey)
  }
  async touch(kind: 'copy' | 'upload', key: string): Promise<void> {
    return (await this.#driver()).touch(kind, key)
  }
  async *list(): ReturnType<BlobDriver['list']> {
    yield* (await this.#driver()).list()
  }
  async ping(): Promise<void> {
    return (await this.#driver()).ping()
  }
}
