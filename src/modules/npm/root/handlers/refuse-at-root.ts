import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../../shared/kernel/kernel-info.ts'
import { TakenAtRoot } from '../../errors.ts'

/** Where the kernel sends a publish to the root of the host whose name is a route there (design.md §4). */
export const refuseAtRoot = defineHandler({
  method: 'PUT',
  url: '/-/taken-at-root/:package',
  auth: 'anonymous',
  summary: 'Refuses a publish to the root of the host of a package whose name is a route there',
  tags: ['npm'],
  rawBody: true,
  schema: { params: Type.Object({ package: Type.String() }) },
  deps: { info: KernelInfo },
  handle: ({ params }, { info }) => Promise.reject(new TakenAtRoot(params.package, info.publicUrl)),
})
