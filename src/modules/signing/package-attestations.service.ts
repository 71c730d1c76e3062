import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { BundleIdentity, PackageAttestations, StoredAttestation, VerifiedBundle } from './contract.ts'
import type { ProvenanceService } from './provenance.service.ts'

interface Row {
  readonly predicateType: string
  readonly bundle: string
  readonly subject: string | null
  readonly issuer: string | null
}

export class PackageAttestationsService implements PackageAttestations {
  readonly #database: Database
  readonly #provenance: ProvenanceService
  constructor(database: Database, provenance: ProvenanceService) {
    this.#database = database
    this.#provenance = provenance
  }

  async add(versionId: string, bundles: readonly VerifiedBundle[]): Promise<void> {
    // As text: jsonb does not take every string that JSON can hold.
    for (const { predicateType, bundle, identity } of bundles)
      await this.#database.sql`
        insert into package_attestations (id, version_id, predicate_type, bundle, identity_subject, identity_issuer)
        values (${uuidv7()}, ${versionId}, ${predicateType}, ${JSON.stringify(bundle)}, ${identity?.subject ?? null}, ${identity?.issuer ?? null})`
    await this.#provenance.count(versionId, bundles)
  }

  async list(versionId: string): Promise<readonly StoredAttestation[]> {
    const rows = await this.#database.sql<Row>`
      select predicate_type as "predicateType", bundle, identity_subject as subject, identity_issuer as issuer
      from package_attestations where version_id = ${versionId} order by id`
    return rows.map(({ predicateType, bundle, subject, issuer }) => ({
      predicateType,
      bundle: JSON.parse(bundle) as Readonly<Record<string, unknown>>,
      identity: identityOf(subject, issuer),
    }))
  }
}

const identityOf = (subject: string | null, issuer: string | null): BundleIdentity | null =>
  subject === null || issuer === null ? null : { subject, issuer }
