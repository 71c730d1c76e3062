const pascal = (name: string): string => name.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase())

/** Path to content. What it makes passes `npm run check` as it stands. */
export function moduleFiles(name: string): Readonly<Record<string, string>> {
  const room = `src/modules/${name}`
  const noun = pascal(name)
  return {
    [`${room}/contract.ts`]: contract(name, noun),
    [`${room}/${name}.service.ts`]: serviceFile(noun),
    [`${room}/handlers/greet-visitor.ts`]: handler(name, noun),
    [`${room}/module.ts`]: moduleFile(name, noun),
    [`test/modules/${name}/greet-visitor.test.ts`]: testFile(name),
  }
}

const contract = (name: string, noun: string): string => `import { service } from '../../shared/kernel/service.ts'

export interface ${noun} {
  greet(visitor: string): Promise<string>
}
export const ${noun} = service<${noun}>('${name}')
`

const serviceFile = (noun: string): string => `import type { ${noun} } from './contract.ts'

export class ${noun}Service implements ${noun} {
  readonly #greeting: string

  constructor(greeting: string) {
    this.#greeting = greeting
  }

  async greet(visitor: string): Promise<string> {
    return \`\${this.#greeting}, \${visitor}\`
  }
}
`

const handler = (name: string, noun: string): string => `import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ${noun} } from '../contract.ts'

export const greetVisitor = defineHandler({
  method: 'GET',
  url: '/v1/${name}/:visitor',
  auth: 'anonymous',
  summary: 'Greet a visitor',
  tags: ['${name}'],
  schema: {
    params: Type.Object({ visitor: Type.String({ minLength: 1, maxLength: 100 }) }),
    response: { 200: Type.Object({ greeting: Type.String() }) },
  },
  deps: { service: ${noun} },
  async handle({ params }, { service }) {
    return { greeting: await service.greet(params.visitor) }
  },
})
`

/** In the order the formatter wants, which depends on the name. */
const ownImports = (name: string, noun: string): string =>
  [
    { path: './contract.ts', imported: noun },
    { path: './handlers/greet-visitor.ts', imported: 'greetVisitor' },
    { path: `./${name}.service.ts`, imported: `${noun}Service` },
  ]
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .map(({ path, imported }) => `import { ${imported} } from '${path}'`)
    .join('\n')

const moduleFile = (name: string, noun: string): string => `import { Type } from '@sinclair/typebox'
import { defineModule } from '../../shared/kernel/module.ts'
${ownImports(name, noun)}

export default defineModule({
  name: '${name}',
  description: 'Greets visitors',
  config: Type.Object({ greeting: Type.String({ default: 'Hello', description: 'Said before the name.' }) }),
  deps: {},
  provides: { service: ${noun} },
  setup: (_deps, { greeting }) => ({ service: new ${noun}Service(greeting) }),
  handlers: [greetVisitor],
})
`

const testFile = (name: string): string => `import { expect, test } from 'vitest'
import module from '../../../src/modules/${name}/module.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'

test('a visitor is greeted', async () => {
  await using kernel = await startTestKernel({ modules: [module.configure({ greeting: 'Welcome' })] })
  const answer = await kernel.http.inject('/v1/${name}/ada')
  expect(answer.json()).toEqual({ greeting: 'Welcome, ada' })
})
`
