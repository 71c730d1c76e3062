import { type Command, InvalidArgumentError } from 'commander'
import { type Environment, withContext } from '../context.ts'

interface Options {
  readonly type: readonly string[]
  readonly capability: readonly string[]
  readonly language: readonly string[]
  readonly license: readonly string[]
  readonly namespace: readonly string[]
  readonly gati?: string
  readonly sort?: string
  readonly limit: number
}

interface Found {
  readonly total: number
  readonly totalIsExact: boolean
  readonly items: readonly {
    namespace: string
    name: string
    type: string
    version: string | null
    downloads: number
    description: string | null
  }[]
}

const again = (value: string, before: readonly string[]): string[] => [...before, value]
const maxLimit = 100

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > maxLimit) throw new InvalidArgumentError(`a number from 1 to ${maxLimit}.`)
  return count
}

export function searchCommand(program: Command, environment: Environment): void {
  program
    .command('search [words...]')
    .description('artifacts you may see, best match first; options but --sort, --limit and --gati may be repeated')
    .option('--type <type>', 'for example module-node, plugin or model', again, [])
    .option('--capability <capability>', 'for example db:read', again, [])
    .option('--language <language>', 'for example typescript', again, [])
    .option('--license <license>', 'an SPDX identifier', again, [])
    .option('--namespace <namespace>', 'only there', again, [])
    .option('--gati <version>', 'only what says that it works with this version of the framework')
    .option('--sort <order>', 'relevance, downloads, stars, updated or created')
    .option('--limit <count>', `at most so many, up to ${maxLimit}`, countOf, 20)
    .action(
      withContext<[string[]], Options>(environment, async ({ client, output, args: [words], options }) => {
        const found = await client.json<Found>(`/v1/search?${parametersOf(words, options)}`)
        const rows = found.items.map(({ namespace, name, ...item }) => ({ ...item, artifact: `${namespace}/${name}` }))
        output.list(rows, ['artifact', 'version', 'type', 'downloads', 'description'])
        const total = `${found.total}${found.totalIsExact ? '' : ' or more'}`
        if (rows.length < found.total) output.note(`the first ${rows.length} of ${total}`)
      }),
    )
}

function parametersOf(words: readonly string[], { type, capability, language, license, namespace, gati, sort, limit }: Options): string {
  const lists = { type, capabilities: capability, language, license, namespace }
  const several = Object.entries(lists).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]))
  const single: [string, string | undefined][] = [
    ['query', words.join(' ')],
    ['gatiVersion', gati],
    ['sortBy', sort],
    ['pageSize', String(limit)],
  ]
  return new URLSearchParams([...several, ...single.filter((pair): pair is [string, string] => pair[1] !== undefined)]).toString()
}
