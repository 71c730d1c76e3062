import { service } from '../../shared/kernel/service.ts'
import type { ScanWanted } from './scan.service.ts'
import type { ScanSubject } from './scan-subject.ts'

/** What a look at changed advisories cost. */
export interface Reevaluated {
  /** Manifests of artifacts that have a package the change is about; no other was read. */
  readonly subjects: number
  readonly componentsRead: number
  readonly changed: number
}

/** What effects have done. */
export interface ScanWork {
  scan(subject: ScanSubject, wanted: ScanWanted, signal: AbortSignal): Promise<void>
  /** Of a plain tag; versions are scanned when they are published. */
  scanTagged(subject: ScanSubject, tag: string, signal: AbortSignal): Promise<void>
  /** A manifest that was pushed: what it says about another one. */
  takeAttached(pushed: ScanSubject): Promise<void>
  /** After changes of advisories: all there are, from where the last run came to. */
  reevaluate(signal: AbortSignal): Promise<Reevaluated>
  /** What was pushed by digest and has no name still. Answers how many were scanned. */
  scanNameless(signal: AbortSignal): Promise<number>
  /** Answers how many were scanned. */
  rescanDue(signal: AbortSignal): Promise<number>
}
export const ScanWork = service<ScanWork>('scanning.work')
