import { hashBytes, type TreeHead } from './merkle.ts'
import { NoteInvalid, type NoteSigner, type NoteVerifier, openNote, signNote } from './signed-note.ts'

/** C2SP tlog-checkpoint: what a log says its tree is. */
export interface Checkpoint extends TreeHead {
  /** Name of the log; also that of its key. */
  readonly origin: string
}

export const signCheckpoint = ({ size, root }: TreeHead, signer: NoteSigner): string =>
  signNote(`${signer.name}\n${size}\n${root.toString('base64')}\n`, signer)

/** Throws NoteInvalid, with the reason, for what the log did not sign. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  const [origin = '', size = '', root = ''] = openNote(note, verifier).split('\n')
  const bytes = Buffer.from(root, 'base64')
  if (origin !== verifier.name) throw new NoteInvalid(`it is of the log ${origin}, not of ${verifier.name}`)
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || bytes.length !== hashBytes || bytes.toString('base64') !== root)
    throw new NoteInvalid('it is no checkpoint of a log')
  return { origin, size: Number(size), root: bytes }
}
