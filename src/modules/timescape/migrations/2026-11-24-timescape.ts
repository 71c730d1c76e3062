import { Migration } from '@mikro-orm/migrations'

/** Graphs of versions, and what hangs on them. */
export class Timescape extends Migration {
  override up(): void {
    this.#graph()
    this.#notes()
    this.#transformers()
    this.addSql(`create table timescape_upkeep (
      is_only boolean not null default true,
      swept uuid null,
      constraint timescape_upkeep_pkey primary key (is_only),
      constraint timescape_upkeep_is_only_check check (is_only)
    )`)
    this.addSql('insert into timescape_upkeep default values')
  }

  #graph(): void {
    this.addSql(`create table timescape_nodes (
      id uuid not null,
      artifact_id uuid not null references artifacts (id),
      version_id uuid null references versions (id),
      version text collate "C" not null,
      sort_key text collate "C" not null,
      major bigint null,
      prerelease boolean not null,
      manifest_digest text collate "C" not null,
      gtype_hash text collate "C" null,
      tsv text collate "C" not null,
      seq integer not null,
      published_at timestamptz not null,
      parent_id uuid null references timescape_nodes (id),
      state text not null,
      superseded_by uuid null references timescape_nodes (id),
      constraint timescape_nodes_pkey primary key (id),
      constraint timescape_nodes_state_check check (state in ('live', 'superseded', 'deleted')),
      constraint timescape_nodes_artifact_id_version_digest_unique unique (artifact_id, version, manifest_digest),
      constraint timescape_nodes_artifact_id_seq_unique unique (artifact_id, seq),
      constraint timescape_nodes_artifact_id_tsv_unique unique (artifact_id, tsv)
    )`)
    this.addSql(`create index timescape_nodes_order_index on timescape_nodes (artifact_id, sort_key, version) where state = 'live'`)
    this.addSql(
      `create index timescape_nodes_line_index on timescape_nodes (artifact_id, major, prerelease, sort_key, version) where state = 'live'`,
    )
    this.addSql('create index timescape_nodes_published_index on timescape_nodes (artifact_id, published_at, id)')
    this.addSql('create index timescape_nodes_parent_id_index on timescape_nodes (parent_id)')
    this.addSql('create index timescape_nodes_version_id_index on timescape_nodes (version_id)')
    this.addSql(`create table timescape_edges (
      from_id uuid not null references timescape_nodes (id),
      to_id uuid not null references timescape_nodes (id),
      artifact_id uuid not null references artifacts (id),
      kind text not null,
      type text not null,
      required text not null,
      declared text null,
      undeclared boolean not null,
      changes integer not null,
      breaking integer not null,
      content_state text not null default 'pending',
      announced boolean not null default false,
      constraint timescape_edges_pkey primary key (from_id, to_id),
      constraint timescape_edges_kind_check check (kind in ('succession', 'supersession')),
      constraint timescape_edges_type_check check (type in ('patch', 'minor', 'major', 'breaking')),
      constraint timescape_edges_content_state_check check (content_state in ('pending', 'done', 'failed'))
    )`)
    this.addSql('create index timescape_edges_to_id_index on timescape_edges (to_id)')
    this.addSql(`create index timescape_edges_breaking_index on timescape_edges (artifact_id, to_id) where type = 'breaking'`)
    this.addSql(`create index timescape_edges_pending_index on timescape_edges (artifact_id) where content_state = 'pending'`)
    this.addSql(`create table timescape_changes (
      from_id uuid not null,
      to_id uuid not null,
      source text not null,
      position integer not null,
      path text not null,
      rule text not null,
      bump text not null,
      message text not null,
      before jsonb null,
      after jsonb null,
      constraint timescape_changes_pkey primary key (from_id, to_id, source, position),
      constraint timescape_changes_edge_foreign foreign key (from_id, to_id) references timescape_edges (from_id, to_id) on delete cascade
    )`)
  }

  #notes(): void {
    this.addSql(`create table timescape_deprecations (
      artifact_id uuid not null references artifacts (id),
      version text collate "C" not null,
      sunset timestamptz null,
      suggestion text null,
      set_at timestamptz not null default now(),
      constraint timescape_deprecations_pkey primary key (artifact_id, version)
    )`)
    this.addSql(`create table timescape_policies (
      subject_id uuid not null,
      policy text not null,
      set_at timestamptz not null default now(),
      constraint timescape_policies_pkey primary key (subject_id),
      constraint timescape_policies_policy_check check (policy in ('off', 'warn', 'block'))
    )`)
    this.addSql(`create table timescape_guides (
      artifact_id uuid not null references artifacts (id),
      from_version text collate "C" not null,
      to_version text collate "C" not null,
      body text not null,
      updated_by uuid null,
      updated_at timestamptz not null default now(),
      constraint timescape_guides_pkey primary key (artifact_id, from_version, to_version)
    )`)
    this.addSql(`create table timescape_dependencies (
      artifact_id uuid not null references artifacts (id),
      target_namespace text collate "C" not null,
      target_name text collate "C" not null,
      range text not null,
      optional boolean not null,
      version text collate "C" not null,
      constraint timescape_dependencies_pkey primary key (artifact_id, target_namespace, target_name)
    )`)
    this.addSql('create index timescape_dependencies_target_index on timescape_dependencies (target_namespace, target_name, artifact_id)')
  }

  #transformers(): void {
    this.addSql(`create table timescape_transformers (
      version_id uuid not null references versions (id),
      artifact_id uuid not null references artifacts (id),
      target_namespace text collate "C" not null,
      target_name text collate "C" not null,
      version text collate "C" not null,
      from_range text not null,
      to_range text not null,
      document jsonb not null,
      problem text null,
      created_at timestamptz not null default now(),
      constraint timescape_transformers_pkey primary key (version_id)
    )`)
    this.addSql('create index timescape_transformers_target_index on timescape_transformers (target_namespace, target_name, created_at)')
  }
}
