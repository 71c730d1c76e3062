import type { Command } from 'commander'
import { createProgram } from '../src/cli/program.ts'
import { withGenerated, writePage } from './replace-generated.ts'

export const cliPageLocation = new URL('../docs/cli.md', import.meta.url)

/** `docs/cli.md` as it should be: the reference is what `--help` says. */
export async function cliPage(): Promise<string> {
  const program = createProgram({})
  const parts = [`### Global options\n\n${optionsOf(program)}`, ...program.commands.flatMap((command) => describe(command, []))]
  return withGenerated(cliPageLocation, 'commands', parts.join('\n\n'))
}

function describe(command: Command, parents: readonly string[]): string[] {
  const path = [...parents, command.name()]
  if (command.commands.length > 0) return command.commands.flatMap((child) => describe(child, path))
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const usage = ['gati-registry', ...path, ...words].join(' ')
  const options = optionsOf(command)
  return [[`### \`${usage}\``, '', untagged(sentence(command.description())), ...(options === '' ? [] : ['', options])].join('\n')]
}

/** A setting keeps its case. */
const sentence = (text: string): string => `${text.replace(/^\w(?!\w*=)/, (letter) => letter.toUpperCase())}.`

function optionsOf(command: Command): string {
  if (command.options.length === 0) return ''
  const rows = command.options.map(
    ({ flags, description, defaultValue }) => `| \`${flags.replaceAll('|', '\\|')}\` | ${escaped(description)} | ${shown(defaultValue)} |`,
  )
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n')
}

/** A name in angle brackets would be taken for a tag of HTML. */
const untagged = (text: string): string => text.replaceAll('<', '&lt;')
const escaped = (text: string): string => untagged(text).replaceAll('|', '\\|')

const shown = (value: unknown): string => (value === undefined ? '' : `\`${[value].flat().join(', ')}\``)

if (import.meta.main) await writePage(cliPageLocation, cliPage())
