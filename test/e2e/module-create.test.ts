import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyRepository } from '../support/copy-repository.ts'
import { runProgram, startProgram } from '../support/run-program.ts'
import { root } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a module that was just created passes the check and its own test, and says no to a second one of its name', async () => {
  await using folder = await temporaryFolder()
  const cwd = join(folder.path, 'repository')
  await copyRepository(cwd)
  const create = [process.execPath, join(root, 'dist/src/cli/main.js'), 'module', 'create'] as const

  const { stdout } = await runProgram([...create, 'weather', '--json'], { cwd })
  expect(JSON.parse(stdout).created).toContain('src/modules/weather/module.ts')
  await runProgram([process.execPath, 'scripts/check.ts'], { cwd })
  await runProgram(['vitest', 'run', 'test/modules/weather'], { cwd })

  expect(await startProgram([...create, 'weather'], { cwd }).result).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('exists already'),
  })
  expect(await startProgram([...create, 'Bad Name'], { cwd }).result).toMatchObject({ code: 2 })
})
