import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import type { Environment } from '../context.ts'
import { Failure } from '../failure.ts'
import { moduleFiles } from '../module-template.ts'

/** module create. */
export function moduleCommands(program: Command, _environment: Environment): void {
  program
    .command('module')
    .description('modules of this registry')
    .command('create <name>')
    .description('a working module in src/modules/<name>, with a test')
    .action(async (name: string) => {
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new Failure('a module name is lower case words joined by -', { exitCode: 2 })
      const root = process.cwd()
      if (!existsSync(join(root, 'src/modules'))) throw new Failure('run this in the folder that holds src/modules', { exitCode: 2 })
      if (existsSync(join(root, 'src/modules', name))) throw new Failure(`src/modules/${name} exists already`)
      for (const [path, content] of Object.entries(moduleFiles(name))) {
        await mkdir(dirname(join(root, path)), { recursive: true })
        await writeFile(join(root, path), content)
        process.stdout.write(`${path}\n`)
      }
    })
}
