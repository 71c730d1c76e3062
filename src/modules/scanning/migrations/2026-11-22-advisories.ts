import { Migration } from '@mikro-orm/migrations'

export class Advisories extends Migration {
  override up(): void {
    // Clients of npm know an advisory by a number: identity values are given once and stay.
    this.addSql(`create table advisories (
      id text collate "C" not null,
      number bigint generated always as identity,
      modified_at timestamptz not null,
      published_at timestamptz not null,
      withdrawn_at timestamptz null,
      title text not null,
      url text not null,
      severity text not null,
      cvss_score real not null,
      cvss_vector text null,
      cwe text[] not null,
      aliases text[] not null,
      urls text[] not null,
      imported_at timestamptz not null default now(),
      constraint advisories_pkey primary key (id),
      constraint advisories_number_unique unique (number),
      constraint advisories_severity_check check (severity in ('info', 'low', 'moderate', 'high', 'critical'))
    )`)
    // One row per package of an advisory. What orders like semver is in the range; other orders are not known here, so what was given is kept.
    this.addSql(`create table advisory_ranges (
      advisory_id text collate "C" not null references advisories (id) on delete cascade,
      ecosystem text collate "C" not null,
      package_name text collate "C" not null,
      range text null,
      patched text null,
      versions text[] not null,
      given_ranges jsonb not null,
      constraint advisory_ranges_pkey primary key (advisory_id, ecosystem, package_name)
    )`)
    this.addSql('create index advisory_ranges_ecosystem_package_name_index on advisory_ranges (ecosystem, package_name)')
  }
}
