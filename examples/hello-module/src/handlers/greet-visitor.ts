import { Type } from '@sinclair/typebox'
import { defineHandler } from 'gati-registry/kernel'
import { Greeter } from '../contract.ts'

export const greetVisitor = defineHandler({
  method: 'GET',
  url: '/v1/hello/:visitor',
  auth: 'anonymous',
  summary: 'Greet a visitor and tell how many versions were published',
  tags: ['hello'],
  schema: {
    params: Type.Object({ visitor: Type.String({ minLength: 1, maxLength: 100 }) }),
    response: { 200: Type.Object({ greeting: Type.String(), published: Type.Integer() }) },
  },
  deps: { greeter: Greeter },
  async handle({ params }, { greeter }) {
    return { greeting: greeter.greet(params.visitor), published: await greeter.published() }
  },
})
