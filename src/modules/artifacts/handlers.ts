import type { Handler } from '../../shared/kernel/handler.ts'
import { appendUpload } from './handlers/append-upload.ts'
import { cancelUpload } from './handlers/cancel-upload.ts'
import { checkStore } from './handlers/check-store.ts'
import { collectGarbage } from './handlers/collect-garbage.ts'
import { fetchBlob } from './handlers/fetch-blob.ts'
import { fetchManifest } from './handlers/fetch-manifest.ts'
import { fetchVersion } from './handlers/fetch-version.ts'
import { findCollection } from './handlers/find-collection.ts'
import { findUpload } from './handlers/find-upload.ts'
import { finishUpload } from './handlers/finish-upload.ts'
import { liftQuarantine } from './handlers/lift-quarantine.ts'
import { listHeld } from './handlers/list-held.ts'
import { openUpload } from './handlers/open-upload.ts'
import { publishVersion } from './handlers/publish-version.ts'
import { quarantineManifest } from './handlers/quarantine-manifest.ts'
import { unpublishVersion } from './handlers/unpublish-version.ts'

export const handlers: readonly Handler[] = [
  ...[publishVersion, fetchVersion, unpublishVersion, fetchBlob, fetchManifest],
  ...[openUpload, appendUpload, findUpload, finishUpload, cancelUpload],
  ...[listHeld, quarantineManifest, liftQuarantine],
  ...[collectGarbage, findCollection, checkStore],
]
