import { Migration } from '@mikro-orm/migrations'

/** What package documents are put together from: one row for each version that was ever looked at. */
export class PackageVersions extends Migration {
  override up(): void {
    this.addSql(`create table package_versions (
      version_id uuid primary key references versions (id) on delete cascade,
      artifact_id uuid not null,
      fragment text null,
      abbreviated text null,
      about text null,
      tarball_digest text collate "C" null,
      integrity text collate "C" null,
      shasum text collate "C" null,
      unreadable text null,
      bytes integer not null generated always as (coalesce(octet_length(fragment), 0) + coalesce(octet_length(abbreviated), 0)) stored,
      constraint package_versions_readable_or_not check (
        (unreadable is null) = (fragment is not null and abbreviated is not null and about is not null and tarball_digest is not null))
    )`)
    this.addSql('create index package_versions_artifact on package_versions (artifact_id, version_id)')
  }
}
