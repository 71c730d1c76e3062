import { Migration } from '@mikro-orm/migrations'

/** Scores are asked of the module that scans. */
export class SearchSecurity extends Migration {
  override up(): void {
    this.addSql('drop table search_security')
  }
}
