import { writeFile } from 'node:fs/promises'
import type { TObject, TSchema } from '@sinclair/typebox'
import { modulePrefix } from '../src/shared/kernel/boot-settings.ts'
import { discoverModules } from '../src/shared/kernel/discover.ts'
import { KernelSettings } from '../src/shared/kernel/kernel-settings.ts'
import { variablesOf } from '../src/shared/kernel/settings.ts'

const intro = `# Configuration

Generated from the settings schemas by \`npm run docs:config\`; a test fails when it is stale.

Every setting has a default. The environment wins over \`registry.config.ts\`, which wins over the default. Lists and objects are JSON.
A wrong setting stops the boot and names the module, the path, what was expected and the variable.
`

export async function configurationPage(): Promise<string> {
  const modules = await discoverModules(new URL('../src/modules/', import.meta.url))
  const sections = [
    section('Kernel', 'Settings of the process itself.', table(KernelSettings, 'REGISTRY')),
    ...modules.map(({ name, description, config }) => section(`Module \`${name}\``, description, table(config, modulePrefix(name)))),
  ]
  return [intro, ...sections].join('\n')
}

const section = (title: string, text: string, rows: string): string => `## ${title}\n\n${text}\n\n${rows}\n`

function table(schema: TObject, prefix: string): string {
  const entries = Object.entries(schema.properties)
  if (entries.length === 0) return 'No settings.\n'
  const rows = entries.map(([key, property]) => {
    const variables = variablesOf(prefix, key, property).map((name) => `\`${name}\``)
    return `| \`${key}\` | ${variables.join(', ')} | ${typeName(property)} | ${defaultOf(property)} | ${escapePipes(String(property['description'] ?? ''))} |`
  })
  return ['| setting | variable | type | default | meaning |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

const escapePipes = (text: string): string => text.replaceAll('|', '\\|')

function typeName(schema: TSchema): string {
  const choices: unknown = schema['anyOf']
  if (Array.isArray(choices)) return choices.map((choice: TSchema) => `\`${String(choice['const'])}\``).join(' \\| ')
  return String(schema['type'] ?? 'any')
}

function defaultOf(schema: TSchema): string {
  const value: unknown = schema['default']
  if (value === undefined) return 'required'
  return value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

if (import.meta.main) await writeFile(new URL('../docs/configuration.md', import.meta.url), await configurationPage())
