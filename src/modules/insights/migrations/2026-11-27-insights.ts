import { Migration } from '@mikro-orm/migrations'

/** Who depends on what by version, how artifacts do, and what goes together. */
export class Insights extends Migration {
  override up(): void {
    // A version never changes, so what it depends on is written once; whether it counts is asked of the version.
    this.addSql(`create table insights_dependencies (
      version_id uuid not null references versions (id),
      artifact_id uuid not null references artifacts (id),
      target_namespace text collate "C" not null,
      target_name text collate "C" not null,
      target_format text null,
      range text not null,
      kind text not null,
      optional boolean not null,
      constraint insights_dependencies_pkey primary key (version_id, target_namespace, target_name)
    )`)
    this.addSql('create index insights_dependencies_target_index on insights_dependencies (target_namespace, target_name, artifact_id)')
    this.addSql(`create table insights_health (
      artifact_id uuid not null references artifacts (id),
      version text collate "C" not null,
      score smallint not null,
      popularity smallint not null,
      stability smallint not null,
      compatibility smallint not null,
      maintenance smallint not null,
      badges text[] not null,
      flags jsonb not null,
      terms text[] not null,
      inputs jsonb not null,
      computed_at timestamptz not null default now(),
      constraint insights_health_pkey primary key (artifact_id)
    )`)
    this.addSql('create index insights_health_terms_index on insights_health using gin (terms)')
    this.addSql(`create table insights_pairs (
      artifact_id uuid not null references artifacts (id),
      other_id uuid not null references artifacts (id),
      together integer not null,
      jaccard real not null,
      lift real not null,
      constraint insights_pairs_pkey primary key (artifact_id, other_id)
    )`)
    // Artifacts whose dependants changed; many changes of one become one look at it.
    this.addSql(`create table insights_due (
      artifact_id uuid not null references artifacts (id),
      due_at timestamptz not null,
      constraint insights_due_pkey primary key (artifact_id)
    )`)
    this.addSql('create index insights_due_due_at_index on insights_due (due_at)')
    this.addSql(`create table insights_upkeep (
      is_only boolean not null default true,
      indexed uuid null,
      swept uuid null,
      passed_at timestamptz null,
      constraint insights_upkeep_pkey primary key (is_only),
      constraint insights_upkeep_is_only_check check (is_only)
    )`)
    this.addSql('insert into insights_upkeep default values')
  }
}
