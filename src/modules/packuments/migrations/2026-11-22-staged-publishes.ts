import { Migration } from '@mikro-orm/migrations'

export class StagedPublishes extends Migration {
  override up(): void {
    this.addSql(`
      create table staged_publishes (
        id uuid primary key,
        artifact_id uuid not null references artifacts (id) on delete cascade,
        version text collate "C" not null,
        tag text,
        shasum text not null,
        actor text,
        hold_id uuid not null,
        content text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        unique (artifact_id, version)
      )`)
    this.addSql(`create index staged_publishes_expiry on staged_publishes (expires_at)`)
  }
}
