import { Migration } from '@mikro-orm/migrations'

/** Transactions with a lower number may have written without noting it; null: nobody asked yet. */
export class SearchFollowing extends Migration {
  override up(): void {
    this.addSql('alter table search_following add column unnoted_before xid8 null')
  }
}
