import type { Handler } from '../../../shared/kernel/handler.ts'
import { addPublishers } from './handlers/add-publishers.ts'
import { exchangeToken } from './handlers/exchange-token.ts'
import { listPublishers } from './handlers/list-publishers.ts'
import { removePublisher } from './handlers/remove-publisher.ts'

export const trustHandlers: readonly Handler[] = [exchangeToken, listPublishers, addPublishers, removePublisher]
