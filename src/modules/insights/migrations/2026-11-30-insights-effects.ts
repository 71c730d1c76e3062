import { Migration } from '@mikro-orm/migrations'

const before = ['broken', 'deleted', 'deprecated', 'lifted', 'quarantined', 'scanned', 'yanked']

/** One effect in the place of these: what still waits for them, or failed, is its work. */
export class InsightsEffects extends Migration {
  override up(): void {
    const names = before.map((name) => `'insights.renew-${name}'`).join(', ')
    this.addSql(`update effect_runs set effect = 'insights.renew-changed' where state in ('queued', 'dead') and effect in (${names})`)
    this.addSql(`delete from effect_listeners where effect in (${names})`)
  }
}
