import { Migration } from '@mikro-orm/migrations'

export class Scans extends Migration {
  override up(): void {
    this.#advisories()
    this.#contents()
    this.#subjects()
    this.#vulnerabilities()
    this.#vex()
  }

  #advisories(): void {
    this.addSql(`alter table advisories add column details text null`)
    this.addSql('create index advisories_aliases_index on advisories using gin (aliases)')
    // Raised by every change; a verdict is bound to the number it was made with.
    this.addSql(`create table advisory_database (
      is_only boolean not null default true,
      version bigint not null default 0,
      changed_at timestamptz not null default now(),
      constraint advisory_database_pkey primary key (is_only),
      constraint advisory_database_is_only_check check (is_only)
    )`)
    this.addSql('insert into advisory_database default values')
    // Packages that an import touched and some artifact has: what was found for them is looked at again.
    this.addSql(`create table advisory_changes (
      version bigint not null,
      ecosystem text collate "C" not null,
      package_name text collate "C" not null,
      constraint advisory_changes_pkey primary key (version, ecosystem, package_name)
    )`)
  }

  /** What lies in a manifest of one platform, whichever artifacts have it; unpacked once for each version of the analysis. */
  #contents(): void {
    this.addSql(`create table scan_contents (
      id uuid not null,
      digest text collate "C" not null,
      origin text not null,
      analysed_by text not null,
      verdict text not null,
      confidence real not null,
      gaps text[] not null,
      files_seen bigint not null,
      bytes_seen bigint not null,
      analysed_at timestamptz not null default now(),
      constraint scan_contents_pkey primary key (id),
      constraint scan_contents_origin_check check (origin in ('analysis', 'attached')),
      constraint scan_contents_digest_unique unique (digest)
    )`)
    this.addSql(`create table scan_components (
      content_id uuid not null references scan_contents (id) on delete cascade,
      place integer not null,
      ecosystem text collate "C" not null,
      name text collate "C" not null,
      version text collate "C" not null,
      purl text collate "C" not null,
      path text not null,
      licenses text[] not null,
      source_name text collate "C" null,
      source_version text collate "C" null,
      constraint scan_components_pkey primary key (content_id, place)
    )`)
    this.addSql('create index scan_components_ecosystem_name_index on scan_components (ecosystem, name)')
    this.addSql(
      'create index scan_components_ecosystem_source_name_index on scan_components (ecosystem, source_name) where source_name is not null',
    )
    this.addSql(`create table scan_findings (
      content_id uuid not null references scan_contents (id) on delete cascade,
      place integer not null,
      rule text not null,
      category text not null,
      severity text not null,
      confidence real not null,
      path text not null,
      line integer null,
      message text not null,
      constraint scan_findings_pkey primary key (content_id, place)
    )`)
  }

  /** What an artifact calls its manifest, or holds by digest; an index stands for the manifests of its platforms. */
  #subjects(): void {
    this.addSql(`create table scan_subjects (
      artifact_id uuid not null references artifacts (id),
      manifest_digest text collate "C" not null,
      scanned_at timestamptz null,
      constraint scan_subjects_pkey primary key (artifact_id, manifest_digest)
    )`)
    this.addSql('create index scan_subjects_scanned_at_index on scan_subjects (scanned_at, artifact_id, manifest_digest)')
    this.addSql(`create table scan_subject_contents (
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      content_digest text collate "C" not null,
      platform text null,
      constraint scan_subject_contents_pkey primary key (artifact_id, manifest_digest, content_digest),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
    this.addSql('create index scan_subject_contents_content_digest_index on scan_subject_contents (content_digest)')
    this.addSql(`create table scans (
      id uuid not null,
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      cause text not null,
      status text not null,
      analysed_by text null,
      scanners jsonb not null default '[]',
      database_version bigint null,
      security_score integer null,
      risk_level text null,
      malicious boolean not null default false,
      counts jsonb not null default '{}',
      gaps jsonb not null default '[]',
      problem text null,
      started_at timestamptz not null default now(),
      completed_at timestamptz null,
      constraint scans_pkey primary key (id),
      constraint scans_status_check check (status in ('pending', 'scanning', 'completed', 'failed')),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
    this.addSql('create index scans_artifact_id_manifest_digest_id_index on scans (artifact_id, manifest_digest, id)')
    // What scanners other than the built-in one said last, merged anew whenever something changes.
    this.addSql(`create table scan_reports (
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      scanner text not null,
      scanner_version text not null,
      database_version text not null,
      vulnerabilities jsonb not null,
      reported_at timestamptz not null default now(),
      constraint scan_reports_pkey primary key (artifact_id, manifest_digest, scanner),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
  }

  #vulnerabilities(): void {
    this.addSql(`create table scan_vulnerabilities (
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      vulnerability text collate "C" not null,
      purl text collate "C" not null,
      ids text[] not null,
      severity text not null,
      score real not null,
      title text not null,
      description text not null,
      package text not null,
      version text not null,
      fixed_version text null,
      urls text[] not null,
      scanners text[] not null,
      status text not null,
      justification text null,
      author text null,
      detected_at timestamptz not null default now(),
      constraint scan_vulnerabilities_pkey primary key (artifact_id, manifest_digest, vulnerability, purl),
      constraint scan_vulnerabilities_status_check check (status in ('affected', 'not_affected', 'fixed', 'under_investigation')),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
    this.addSql('create index scan_vulnerabilities_ids_index on scan_vulnerabilities using gin (ids)')
  }

  #vex(): void {
    this.addSql(`create table vex_statements (
      id uuid not null,
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      document_digest text collate "C" not null,
      place integer not null,
      vulnerability text collate "C" not null,
      purl text collate "C" null,
      status text not null,
      justification text null,
      author text not null,
      stated_at timestamptz not null,
      uploaded_by uuid null,
      uploaded_at timestamptz not null default now(),
      constraint vex_statements_pkey primary key (id),
      constraint vex_statements_document_place_unique unique (artifact_id, manifest_digest, document_digest, place),
      foreign key (artifact_id, manifest_digest) references scan_subjects (artifact_id, manifest_digest) on delete cascade
    )`)
  }
}
