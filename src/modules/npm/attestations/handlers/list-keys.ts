import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { RegistryKeys } from '../../../signing/contract.ts'
import { NoKeys } from '../errors.ts'

const Key = Type.Object({
  keyid: Type.String(),
  keytype: Type.String(),
  scheme: Type.String(),
  key: Type.String({ description: 'SubjectPublicKeyInfo, DER, base64.' }),
  expires: Type.Union([Type.String(), Type.Null()]),
})

export const listKeys = defineHandler({
  method: 'GET',
  url: '/-/npm/v1/keys',
  auth: 'anonymous',
  summary: 'Public keys that versions are signed with (`dist.signatures`)',
  tags: ['npm'],
  schema: { response: { 200: Type.Object({ keys: Type.Array(Key) }) } },
  deps: { registryKeys: RegistryKeys },
  async handle(_request, { registryKeys }) {
    const keys = await registryKeys.list()
    if (keys.length === 0) throw new NoKeys()
    return { keys: [...keys] }
  },
})
