import { readFile } from 'node:fs/promises'
import { Value } from '@sinclair/typebox/value'
import { KeyView } from '../../modules/signing/log.contract.ts'
import { parseVerifier } from '../../shared/transparency/signed-note.ts'
import { messageOf, usage } from '../failure.ts'
import type { KnownLog } from './known-logs.ts'

export type PinnedKeys = Pick<KnownLog, 'key'> & Partial<Pick<KnownLog, 'registryKeys'>>

/** What `GET /v1/log/key` answered, or one line with the key of the log alone. */
export async function readKeyFile(file: string): Promise<PinnedKeys> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usage(`${file} cannot be read: ${messageOf(error)}`)
  })
  try {
    const keys = text.trimStart().startsWith('{') ? viewOf(JSON.parse(text)) : { key: text.trim() }
    parseVerifier(keys.key)
    return keys
  } catch (error) {
    throw usage(`${file} holds no key of a log: ${messageOf(error)}`)
  }
}

function viewOf(value: unknown): PinnedKeys {
  if (!Value.Check(KeyView, value)) throw new Error('it is not what /v1/log/key answers')
  return { key: value.key, registryKeys: value.registryKeys }
}
