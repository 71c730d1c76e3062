import { type Bundle, bundleFromJSON, bundleToJSON, isBundleWithDsseEnvelope, isBundleWithPublicKey } from '@sigstore/bundle'
import { type Signer, type TrustMaterial, toSignedEntity, Verifier } from '@sigstore/verify'
import { statementType } from '../../shared/types/signature-statement.ts'
import type { BundleIdentity, BundleVerifier, VerifiedBundle } from './contract.ts'
import { BundleInvalid } from './errors.ts'
import type { SigningSettings } from './settings.ts'
import { requireSameRepository } from './source-repository.ts'
import { type Subject, statementAbout } from './statement.ts'
import { loadTrustMaterial } from './trust-material.ts'

type Thresholds = Pick<SigningSettings, 'tlogThreshold' | 'ctlogThreshold' | 'timestampThreshold'>
type SignedBundle = Bundle & { readonly content: { readonly $case: 'dsseEnvelope' } }

export class BundleVerifierService implements BundleVerifier {
  readonly #verifier: Verifier

  constructor(material: TrustMaterial, { tlogThreshold, ctlogThreshold, timestampThreshold }: Thresholds) {
    this.#verifier = new Verifier(material, { tlogThreshold, ctlogThreshold, timestampThreshold })
  }

  static async open(settings: SigningSettings): Promise<BundleVerifierService> {
    return new BundleVerifierService(await loadTrustMaterial(settings), settings)
  }

  async verify(bundle: unknown, subject: Subject): Promise<VerifiedBundle> {
    const parsed = parse(bundle)
    const { payload, payloadType } = parsed.content.dsseEnvelope
    if (payloadType !== statementType) throw new BundleInvalid('its payload is no in-toto statement')
    const signer = this.#verify(parsed)
    const statement = statementAbout(subject, Buffer.from(payload))
    requireSameRepository(statement, signer)
    const identity = identityOf(signer)
    return { predicateType: statement.predicateType, statement, bundle: { ...bundleToJSON(parsed) }, ...(identity && { identity }) }
  }

  #verify(bundle: SignedBundle): Signer {
    try {
      const entity = toSignedEntity(bundle)
      // The library looks at the chain of a certificate once for every timestamp, and so not at all where there is none.
      if (!isBundleWithPublicKey(bundle) && entity.timestamps.length === 0)
        throw new BundleInvalid('it has no timestamp to tell whether its certificate was valid')
      return this.#verifier.verify(entity)
    } catch (error) {
      throw refusalOf(error)
    }
  }
}

function parse(value: unknown): SignedBundle {
  try {
    const bundle = bundleFromJSON(value)
    if (isBundleWithDsseEnvelope(bundle)) return bundle as SignedBundle
  } catch (error) {
    throw refusalOf(error)
  }
  throw new BundleInvalid('it signs no statement')
}

/** Whatever a parser of certificates and timestamps makes of hostile bytes is the fault of the bundle. */
function refusalOf(error: unknown): BundleInvalid {
  if (error instanceof BundleInvalid) return error
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string' && /_ERROR$|^ERR_/.test(error.code)
  const reason = known || (error instanceof Error && error.name === 'ValidationError') ? error.message : 'it is not well-formed'
  return new BundleInvalid(reason.slice(0, 300), error)
}

function identityOf({ identity }: Signer): BundleIdentity | undefined {
  const subject = identity?.subjectAlternativeName
  const issuer = identity?.extensions?.issuer
  return subject === undefined ? undefined : { subject, issuer: issuer ?? '' }
}
