import { readFile, writeFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ProofView } from '../../modules/signing/log.contract.ts'
import { Failure, messageOf, usage } from '../failure.ts'

/** All that is needed to verify an artifact where there is no network. */
export const Bundle = Type.Object({
  v: Type.Literal(1),
  proof: ProofView,
  manifest: Type.String({ description: 'The bytes of the manifest, base64.' }),
})
export type Bundle = Static<typeof Bundle>

const maxBundleBytes = 32 * 1_048_576

export async function readBundle(file: string): Promise<Bundle> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usage(`${file} cannot be read: ${messageOf(error)}`)
  })
  if (text.length > maxBundleBytes) throw new Failure(`${file} is too large for a bundle`)
  return parseBundle(text, file)
}

/** Throws a Failure for what is no bundle. */
export function parseBundle(text: string, file: string): Bundle {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Failure(`${file} is no verification bundle: it is not JSON`, { cause })
  }
  if (Value.Check(Bundle, value)) return value
  const fault = Value.Errors(Bundle, value).First()
  throw new Failure(`${file} is no verification bundle: ${fault?.path || '/'}: ${fault?.message ?? 'another form'}`)
}

export const writeBundle = (file: string, bundle: Bundle): Promise<void> => writeFile(file, `${JSON.stringify(bundle, null, 2)}\n`)
