import { VersionPublished } from 'gati-registry/contracts/metadata'
import { defineEffect, onEvent } from 'gati-registry/kernel'
import { Greeter } from '../contract.ts'

export const countPublished = defineEffect({
  name: 'hello.count-published',
  trigger: onEvent(VersionPublished),
  deps: { greeter: Greeter },
  run: ({ versionId }, { greeter }) => greeter.count(versionId),
})
