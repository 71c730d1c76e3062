import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type PublicKey, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'
import { type TrustMaterial, toTrustMaterial, VerificationError } from '@sigstore/verify'
import type { SigningSettings } from './settings.ts'

const nobody: TrustedRoot = { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }

/** Throws an error that names the file when one cannot be read. */
export async function loadTrustMaterial({ trustedRoot, trustedKeys }: SigningSettings): Promise<TrustMaterial> {
  const root = trustedRoot === '' ? nobody : await read('signing.trustedRoot', trustedRoot, rootOf)
  const keys = new Map<string, PublicKey>()
  for (const { hint, file } of trustedKeys) keys.set(hint, await read('signing.trustedKeys', file, publicKeyOf))
  const byHint = toTrustMaterial(nobody, Object.fromEntries(keys)).publicKey
  return toTrustMaterial(root, (hint) => {
    // Names of members that every object has are no hints.
    if (!keys.has(hint)) throw new VerificationError({ code: 'PUBLIC_KEY_ERROR', message: 'no trusted key has this hint' })
    return byHint(hint)
  })
}

async function read<T>(setting: string, file: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${setting}: ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function rootOf(text: string): TrustedRoot {
  const root = TrustedRoot.fromJSON(JSON.parse(text))
  // The parser takes any JSON for a root that trusts nobody.
  if (root.certificateAuthorities.length === 0) throw new Error('it names no certificate authority')
  return root
}

const publicKeyOf = (pem: string): PublicKey => ({
  rawBytes: createPublicKey(pem).export({ type: 'spki', format: 'der' }),
  keyDetails: PublicKeyDetails.PUBLIC_KEY_DETAILS_UNSPECIFIED,
  validFor: undefined,
})
