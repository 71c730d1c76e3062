import { Migration } from '@mikro-orm/migrations'

const before = ['deleted', 'deprecated', 'lifted', 'published', 'quarantined', 'retagged', 'starred', 'yanked']

/** One effect in the place of these: what still waits for them, or failed, is its work. */
export class SearchEffects extends Migration {
  override up(): void {
    const names = before.map((name) => `'search.index-${name}'`).join(', ')
    this.addSql(`update effect_runs set effect = 'search.index-changed' where state in ('queued', 'dead') and effect in (${names})`)
    this.addSql(`delete from effect_listeners where effect in (${names})`)
  }
}
