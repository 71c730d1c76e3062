import { PostgresDriver } from '../../src/modules/search/postgres/postgres-driver.ts'
import { searchDriverContract } from './search-driver.contract.ts'

searchDriverContract('Postgres', async ({ database, transaction }) => ({
  driver: new PostgresDriver(database, transaction),
  settled: async () => {},
  close: async () => {},
}))
