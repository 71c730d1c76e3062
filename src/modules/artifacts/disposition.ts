import type { BlobPresentation } from './contract.ts'

/** `Content-Disposition` of a blob with a name. */
export const dispositionOf = ({ fileName }: BlobPresentation): string | undefined =>
  fileName === undefined ? undefined : `attachment; filename="${fileName.replace(/[^\w.+-]/g, '_')}"`
