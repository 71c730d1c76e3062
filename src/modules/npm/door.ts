import { service } from '../../shared/kernel/service.ts'
import type { NpmSettings } from './settings.ts'

/** What the handlers of this door share. */
export interface NpmDoor {
  readonly settings: NpmSettings
}
export const NpmDoor = service<NpmDoor>('npm.door')
