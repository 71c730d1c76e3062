import { listTop } from './handlers/list-top.ts'
import { showAdoption } from './handlers/show-adoption.ts'
import { showBadge } from './handlers/show-badge.ts'
import { showDoorDownloads } from './handlers/show-door-downloads.ts'
import { showDownloads } from './handlers/show-downloads.ts'
import { showNamespaceNumbers } from './handlers/show-namespace-numbers.ts'
import { showRequests } from './handlers/show-requests.ts'
import { showSearches } from './handlers/show-searches.ts'
import { showTrend } from './handlers/show-trend.ts'
import { showVersionDownloads } from './handlers/show-version-downloads.ts'

export const handlers = [
  ...[showDownloads, showVersionDownloads, showDoorDownloads, showAdoption, showTrend],
  ...[listTop, showNamespaceNumbers, showRequests, showSearches, showBadge],
]
