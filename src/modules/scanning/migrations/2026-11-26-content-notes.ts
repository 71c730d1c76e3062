import { Migration } from '@mikro-orm/migrations'

export class ContentNotes extends Migration {
  override up(): void {
    // Of what was analysed before every gap counts as content that nobody saw, until it is analysed again.
    this.addSql(`alter table scan_contents add column notes text[] not null default '{}'`)
    this.addSql('alter table scan_contents alter column notes drop default')
    // Of manifests that may have their names although their scan has an objection.
    this.addSql(`create table scan_approvals (
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      approved_by uuid null,
      reason text not null,
      approved_at timestamptz not null default now(),
      constraint scan_approvals_pkey primary key (artifact_id, manifest_digest),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
  }
}
