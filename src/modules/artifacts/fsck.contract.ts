import { type Static, Type } from '@sinclair/typebox'
import { service } from '../../shared/kernel/service.ts'

export const FsckReport = Type.Object({
  errors: Type.Array(
    Type.Object({
      kind: Type.String(),
      subject: Type.String(),
      detail: Type.String(),
      repairable: Type.Boolean(),
      repaired: Type.Boolean(),
    }),
  ),
  checked: Type.Object({ blobs: Type.Integer(), bytes: Type.Integer(), manifests: Type.Integer(), versions: Type.Integer() }),
})
export type FsckReport = Static<typeof FsckReport>

export interface Fsck {
  /** Compares rows, references and bytes, while the registry runs. `bytes: false` leaves out reading the copies. */
  check(options?: { readonly repair?: boolean; readonly bytes?: boolean }): Promise<FsckReport>
}
export const Fsck = service<Fsck>('artifacts.fsck')
