import { Migration } from '@mikro-orm/migrations'

export class Metering extends Migration {
  override up(): void {
    this.addSql(`create table metering_records (
      id uuid primary key,
      sender_id uuid not null,
      key text collate "C" not null,
      metric text collate "C" not null check (metric in ('downloads', 'inference-time', 'execution-time')),
      quantity bigint not null check (quantity > 0),
      artifact_id uuid not null references artifacts (id),
      version text collate "C" not null,
      subject_kind text collate "C" not null,
      subject text collate "C" not null,
      at timestamptz not null,
      received_at timestamptz not null default now(),
      constraint metering_records_sender_key unique (sender_id, key)
    )`)
    this.addSql('create index metering_records_received on metering_records (received_at)')
    // What records and downloads add up to. The order of the key is that of the pages that are read.
    this.addSql(`create table metering_hours (
      namespace_id uuid not null references namespaces (id),
      hour timestamptz not null,
      artifact_id uuid not null references artifacts (id),
      metric text collate "C" not null,
      version text collate "C" not null,
      subject_kind text collate "C" not null,
      subject text collate "C" not null,
      quantity numeric not null,
      primary key (namespace_id, hour, artifact_id, metric, version, subject_kind, subject)
    )`)
    this.addSql('create index metering_hours_hour on metering_hours (hour)')
    this.addSql(`create table metering_closing (one boolean primary key default true check (one), closed_until timestamptz not null)`)
    this.addSql(`insert into metering_closing (closed_until) values ('-infinity')`)
  }
}
