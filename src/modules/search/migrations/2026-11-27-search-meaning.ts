import { Migration } from '@mikro-orm/migrations'

/** What documents mean, as directions, and which fields the types of a version have. */
export class SearchMeaning extends Migration {
  override up(): void {
    this.addSql(`create table search_vectors (
      artifact_id uuid not null references search_documents (artifact_id) on delete cascade,
      model text collate "C" not null,
      source text collate "C" not null,
      scale real not null,
      vector bytea not null,
      constraint search_vectors_pkey primary key (artifact_id)
    )`)
    // Narrow, because it is what every semantic search goes through; the model is told by a number.
    this.addSql(`create table search_sketches (
      artifact_id uuid not null references search_vectors (artifact_id) on delete cascade,
      model integer not null,
      sketch bit(1024) not null,
      constraint search_sketches_pkey primary key (artifact_id)
    )`)
    this.addSql(`create table search_signatures (
      artifact_id uuid not null references search_documents (artifact_id) on delete cascade,
      position smallint not null,
      direction text collate "C" not null,
      fields text[] collate "C" not null,
      names text[] collate "C" not null,
      required text[] collate "C" not null,
      constraint search_signatures_pkey primary key (artifact_id, position),
      constraint search_signatures_direction_check check (direction in ('input', 'output'))
    )`)
    for (const column of ['fields', 'names', 'required'])
      this.addSql(`create index search_signatures_${column}_index on search_signatures using gin (${column})`)
    // What the rows of an artifact were made of, also of one that declares no types; and the names of what it depends on.
    this.addSql(`create table search_declarations (
      artifact_id uuid not null references search_documents (artifact_id) on delete cascade,
      source text collate "C" not null,
      dependencies text[] collate "C" not null,
      constraint search_declarations_pkey primary key (artifact_id)
    )`)
    this.addSql('create index search_declarations_dependencies_index on search_declarations using gin (dependencies)')
  }
}
