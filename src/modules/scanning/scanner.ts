import type { Component } from './analysis.contract.ts'
import type { ScanSubject } from './scan-subject.ts'
import type { Detected } from './vulnerability.ts'

export interface ScannedComponent extends Component {
  /** Of an image: `linux/amd64`; null or absent elsewhere. */
  readonly platform?: string | null
}

export interface ScannerInput extends ScanSubject {
  /** Packages of all platforms together. */
  readonly components: readonly ScannedComponent[]
}

export interface ScannerReport {
  readonly version: string
  /** Two reports with another one may differ for the same content. */
  readonly databaseVersion: string
  readonly vulnerabilities: readonly Detected[]
}

/** Another program that knows vulnerabilities. Its findings are merged with all others; when it fails, the scan fails. */
export interface Scanner {
  readonly name: string
  scan(input: ScannerInput, signal: AbortSignal): Promise<ScannerReport>
}

/** A scanner gave no report; the message says why and is shown to publishers. */
export class ScannerFailed extends Error {
  override readonly name = 'ScannerFailed'
  /** Whether another try may end otherwise. */
  readonly isTransient: boolean

  constructor(message: string, { isTransient = false }: { readonly isTransient?: boolean } = {}) {
    super(message)
    this.isTransient = isTransient
  }
}
