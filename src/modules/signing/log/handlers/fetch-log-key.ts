import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { RegistryKeys } from '../../contract.ts'
import { KeyView } from '../../log.contract.ts'
import { LogKeys } from '../log-keys.service.ts'
import { TransparencyLog } from '../transparency-log.service.ts'

export const fetchLogKey = defineHandler({
  method: 'GET',
  url: '/v1/log/key',
  auth: 'anonymous',
  summary: 'Keys to verify with: of the log, and of the signatures of versions',
  tags: ['log'],
  schema: { response: { 200: KeyView } },
  deps: { transparencyLog: TransparencyLog, logKeys: LogKeys, registryKeys: RegistryKeys },
  async handle(_request, { transparencyLog, logKeys, registryKeys }) {
    const { origin } = await transparencyLog.head()
    return { origin, ...(await logKeys.verifiers(origin)), registryKeys: [...(await registryKeys.list())] }
  },
})
