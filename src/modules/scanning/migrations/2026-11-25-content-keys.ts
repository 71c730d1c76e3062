import { Migration } from '@mikro-orm/migrations'

export class ContentKeys extends Migration {
  override up(): void {
    // A verdict depends on more than the bytes: what was analysed before is kept for what it says, and unpacked anew when it is scanned next.
    this.addSql('alter table scan_contents add column key text collate "C" null')
    this.addSql(`update scan_contents set key = case origin when 'attached' then 'attached:' || digest else digest end`)
    this.addSql('alter table scan_contents alter column key set not null, drop constraint scan_contents_digest_unique')
    this.addSql('alter table scan_contents add constraint scan_contents_key_unique unique (key)')
    this.addSql('create index scan_contents_analysed_at_index on scan_contents (analysed_at)')
    this.addSql(
      `alter table scan_subject_contents add column content_key text collate "C" null, add column role text not null default 'content'`,
    )
    this.addSql(`update scan_subject_contents s set content_key = coalesce(o.key, s.content_digest),
      role = case o.origin when 'attached' then 'attached' else 'content' end
      from scan_subject_contents l left join scan_contents o on o.digest = l.content_digest
      where s.artifact_id = l.artifact_id and s.manifest_digest = l.manifest_digest and s.content_digest = l.content_digest`)
    this.addSql('drop index scan_subject_contents_content_digest_index')
    this.addSql('alter table scan_subject_contents drop constraint scan_subject_contents_pkey, drop column content_digest')
    this.addSql(`alter table scan_subject_contents alter column content_key set not null, alter column role drop default,
      add constraint scan_subject_contents_pkey primary key (artifact_id, manifest_digest, content_key),
      add constraint scan_subject_contents_role_check check (role in ('content', 'attached'))`)
    this.addSql('create index scan_subject_contents_content_key_index on scan_subject_contents (content_key)')
    // How far verdicts have been renewed after changes of advisories up to a version: whoever goes on does not begin again.
    this.addSql(`create table advisory_reevaluations (
      is_only boolean not null default true,
      up_to bigint not null,
      artifact_id uuid null,
      manifest_digest text collate "C" null,
      constraint advisory_reevaluations_pkey primary key (is_only),
      constraint advisory_reevaluations_is_only_check check (is_only)
    )`)
    this.addSql('alter table scans add column problem_code text null')
    // What was never scanned with success is tried again from then on.
    this.addSql('alter table scan_subjects add column created_at timestamptz not null default now()')
  }
}
