import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { outputOf } from '../context.ts'
import { Failure, usage } from '../failure.ts'
import { moduleFiles } from '../module-template.ts'

/** module create. */
export function moduleCommands(program: Command): void {
  program
    .command('module')
    .description('modules of this registry')
    .command('create <name>')
    .description('a working module in src/modules/<name>, with a test')
    .action(async (name: string, _options: unknown, command: Command) => {
      if (!/^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
        throw usage('a module name is lower case words joined by -, at most 32 letters')
      const root = process.cwd()
      if (!existsSync(join(root, 'src/modules'))) throw usage('run this in the folder that holds src/modules')
      if (existsSync(join(root, 'src/modules', name))) throw new Failure(`src/modules/${name} exists already`)
      const files = moduleFiles(name)
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true })
        await writeFile(join(root, path), content)
      }
      outputOf(command).result({ created: Object.keys(files) }, Object.keys(files).join('\n'))
    })
}
