import type { Health } from '../../shared/kernel/module.ts'
import type { BlobDriver } from './contract.ts'

export async function driverHealth(driver: BlobDriver): Promise<Health> {
  try {
    await driver.ping()
    return { status: 'up' }
  } catch (error) {
    return { status: 'down', reason: error instanceof Error ? error.message : String(error) }
  }
}
