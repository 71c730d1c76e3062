import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type NpmRegistry, openNpmRegistry } from './npm-registry.ts'
import type { RegistryOptions } from './run-registry.ts'

/** The registry of a test file; what it said is shown when a test fails. */
export function useNpmRegistry(options?: RegistryOptions): () => NpmRegistry {
  let opened: NpmRegistry | undefined
  beforeAll(async () => {
    opened = await openNpmRegistry(options)
  })
  beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(opened?.registry.output().slice(-5_000))))
  afterAll(() => opened?.[Symbol.asyncDispose]())
  return () => {
    if (opened === undefined) throw new Error('the registry is not open yet')
    return opened
  }
}
