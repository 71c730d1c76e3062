import { randomBytes } from 'node:crypto'
import { bootSettings } from '../../src/shared/kernel/boot-settings.ts'
import { discoverModules } from '../../src/shared/kernel/discover.ts'
import { orderModules } from '../../src/shared/kernel/graph.ts'
import { openKernelDatabase } from '../../src/shared/kernel/kernel-database.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { administer, withDatabase } from '../../src/shared/testing/test-database.ts'
import { holdTestServer } from '../../src/shared/testing/test-server.ts'

/** One Postgres for the whole run, with a migrated template that every test kernel's database is copied from. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await holdTestServer()
  process.env['GATI_TEST_DATABASE_URL'] = server.url
  const template = `template_${randomBytes(6).toString('hex')}`
  await administer(server.url, `create database ${template} template template0`)
  await migrateTemplate(withDatabase(server.url, template))
  process.env['GATI_TEST_TEMPLATE'] = template
  return async () => {
    await administer(server.url, `drop database if exists ${template} with (force)`)
    await server.release()
  }
}

async function migrateTemplate(databaseUrl: string): Promise<void> {
  const modules = await discoverModules(new URL('../../src/modules/', import.meta.url))
  const { kernel } = bootSettings({ env: {}, kernel: { databaseUrl } }, [])
  const open = await openKernelDatabase(kernel, orderByDependency(modules), recordLog())
  await open.close()
}

/** Only the order matters here; tokens of the kernel are taken for granted. */
function orderByDependency(modules: Awaited<ReturnType<typeof discoverModules>>) {
  const provided = new Set(modules.flatMap(({ provides }) => Object.values(provides).map(({ id }) => id)))
  const core = modules.flatMap(({ deps }) => Object.values(deps)).filter(({ id }) => !provided.has(id))
  return orderModules(modules, core)
}
