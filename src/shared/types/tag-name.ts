import { Type } from '@sinclair/typebox'
import semver from 'semver'
import type { ArtifactFormat } from './artifact-type.ts'

// OCI distribution-spec, "Pulling manifests": <reference> as a tag.
const grammar = '^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$'
const expression = new RegExp(grammar)

export const TagNameSchema = Type.String({ minLength: 1, maxLength: 128, pattern: grammar })

// `sha256-<hex>` and `sha256-<hex>.sig`: OCI distribution-spec, "Referrers Tag Schema", and cosign.
const attachmentTag = /^sha(?:256|512)-[0-9a-f]{64}(?:\.[a-z]+)?$/

/** Whether clients made the name from a digest, to attach signatures and the like to that manifest. It grows with each of them and names no release. */
export const isAttachmentTag = (name: string): boolean => attachmentTag.test(name)

/**
 * Whether a tag of this format may have the name. For npm and generic artifacts a tag stands where a version or a range may stand, so it must
 * not read as one, not even loosely (`v1`, `1.x`, `x`): npm refuses such dist-tags likewise.
 */
export function isTagName(format: ArtifactFormat, text: string): boolean {
  if (!expression.test(text)) return false
  return format === 'oci' || format === 'model' || semver.validRange(text, { loose: true }) === null
}
