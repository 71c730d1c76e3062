import { isAttachmentTag, isTagName } from '../../shared/types/tag-name.ts'
import { parseVersion } from '../../shared/types/version.ts'
import type { Artifact, NamespaceSettings } from './contract.ts'
import { TagInvalid } from './errors.ts'
import { versionOf } from './reference-names.ts'

/** For npm and generic artifacts a tag must not read like a version or range; OCI has no other names than tags (decision 13). */
export function checkTagName(name: string, { format }: Pick<Artifact, 'format'>): void {
  if (!isTagName(format, name))
    throw new TagInvalid('this cannot be a tag: use letters, digits, dot, dash and underscore, and nothing that reads like a version')
}

/** Whether the namespace's `immutableTags` fixes this tag once it is set. */
export function isImmutableTag(name: string, { immutableTags }: Pick<NamespaceSettings, 'immutableTags'>): boolean {
  if (isAttachmentTag(name)) return false
  if (immutableTags === 'all') return true
  return immutableTags === 'semver' && parseVersion(versionOf(name.replace(/^v/, ''))) !== undefined
}

/** A strong entity tag that no other state of the tag ever had. */
export const tagEtag = (changeId: string): string => `"${changeId}"`
