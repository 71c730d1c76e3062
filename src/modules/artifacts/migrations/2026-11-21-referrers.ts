import { Migration } from '@mikro-orm/migrations'

export class Referrers extends Migration {
  override up(): void {
    this.addSql(`
      create table artifact_referrers (
        artifact_id uuid not null,
        subject text collate "C" not null,
        digest text collate "C" not null,
        manifest_id uuid not null,
        artifact_type text collate "C",
        descriptor text not null,
        primary key (artifact_id, subject, digest),
        foreign key (artifact_id, manifest_id) references artifact_manifests (artifact_id, manifest_id) on delete cascade
      )`)
    this.addSql(`create index artifact_referrers_type on artifact_referrers (artifact_id, subject, artifact_type, digest)`)
    this.addSql(`create index artifact_referrers_manifest on artifact_referrers (artifact_id, manifest_id)`)
    // What was pushed with a subject before there was this list, named in a fallback tag or not.
    this.addSql(`
      insert into artifact_referrers (artifact_id, subject, digest, manifest_id, artifact_type, descriptor)
      select l.artifact_id, m.subject, m.algorithm || ':' || m.digest, m.id, t.type,
        json_strip_nulls(json_build_object('mediaType', m.media_type, 'digest', m.algorithm || ':' || m.digest, 'size', octet_length(m.content),
          'artifactType', t.type, 'annotations', c.document -> 'annotations'))::text
      from artifact_manifests l
      join manifests m on m.id = l.manifest_id
      cross join lateral (select convert_from(m.content, 'UTF8')::json as document) c
      cross join lateral (select coalesce(nullif(m.artifact_type, ''), c.document -> 'config' ->> 'mediaType') as type) t
      where m.subject is not null`)
  }
}
