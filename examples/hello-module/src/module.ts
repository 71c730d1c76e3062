import { Type } from '@sinclair/typebox'
import { Database, defineModule } from 'gati-registry/kernel'
import { Greeter } from './contract.ts'
import { countPublished } from './effects/count-published.ts'
import { GreeterService } from './greeter.service.ts'
import { greetVisitor } from './handlers/greet-visitor.ts'

export default defineModule({
  name: 'hello',
  description: 'Greets visitors and counts published versions',
  config: Type.Object({ greeting: Type.String({ default: 'Hello', description: 'Said before the name.' }) }),
  deps: { database: Database },
  provides: { greeter: Greeter },
  setup: ({ database }, { greeting }) => ({ greeter: new GreeterService(database, greeting) }),
  handlers: [greetVisitor],
  effects: [countPublished],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})
