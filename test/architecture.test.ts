import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

interface Cruise {
  readonly summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] }
}

/** Runs the fences of this project over a checkout. */
function cruise(directory: string): Promise<Cruise> {
  const depcruise = join(root, 'node_modules/.bin/depcruise')
  const options = ['src', 'registry.config.ts', '--config', '.dependency-cruiser.cjs', '--output-type', 'json']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [depcruise, ...options], { cwd: directory, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(JSON.parse(stdout))
      else reject(new Error(stderr || stdout || error?.message))
    })
  })
}

interface Intruder {
  readonly rule: string
  readonly file: string
  readonly imports: string
}

const intruders: readonly Intruder[] = [
  { rule: 'modules-meet-at-contracts', file: 'src/modules/intruder/reach.service.ts', imports: '../victim/victim.service.ts' },
  { rule: 'contracts-are-light', file: 'src/modules/intruder/contract.ts', imports: './own.service.ts' },
  { rule: 'handlers-and-effects-stay-thin', file: 'src/modules/intruder/handlers/get-thing.ts', imports: '../thing.entity.ts' },
  { rule: 'handlers-and-effects-stay-thin', file: 'src/modules/intruder/effects/note-thing.ts', imports: '@mikro-orm/core' },
  { rule: 'shared-knows-no-module', file: 'src/shared/intruder.ts', imports: '../modules/victim/contract.ts' },
  { rule: 'only-the-kernel-touches-wiring', file: 'src/modules/intruder/queue.ts', imports: 'bullmq' },
  { rule: 'the-cli-stays-outside', file: 'src/cli/intruder.ts', imports: '../modules/victim/victim.service.ts' },
  { rule: 'modules-import-no-cli', file: 'src/modules/intruder/command.ts', imports: '../../cli/intruder.ts' },
  { rule: 'the-test-kit-stays-in-tests', file: 'src/modules/intruder/kit.ts', imports: '../../shared/testing/intruder.ts' },
  { rule: 'no-dev-deps-in-src', file: 'src/modules/intruder/property.ts', imports: 'fast-check' },
  { rule: 'no-unresolvable', file: 'src/modules/intruder/lost.ts', imports: './nowhere.ts' },
  { rule: 'no-cycles', file: 'src/modules/intruder/chicken.ts', imports: './egg.ts' },
]

const victims: Readonly<Record<string, string>> = {
  'src/modules/victim/contract.ts': 'export const victim = 1\n',
  'src/modules/victim/victim.service.ts': 'export const victimService = 1\n',
  'src/modules/intruder/own.service.ts': 'export const own = 1\n',
  'src/modules/intruder/thing.entity.ts': 'export const thing = 1\n',
  'src/modules/intruder/egg.ts': "import './chicken.ts'\n",
  'src/shared/testing/intruder.ts': 'export const kit = 1\n',
}

test('the fences hold, and they looked at the whole of src', async () => {
  const { summary } = await cruise(root)
  expect(summary.violations).toEqual([])
  expect(summary.totalCruised).toBeGreaterThan(20)
})

describe('planted intruders', () => {
  const copy = mkdtempSync(join(tmpdir(), 'gati-fences-'))
  let caught: string[] = []

  beforeAll(async () => {
    for (const item of ['src', 'registry.config.ts', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(join(root, item), join(copy, item), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const planted = Object.fromEntries(intruders.map(({ file, imports }) => [file, `import '${imports}'\n`]))
    for (const [file, text] of Object.entries({ ...victims, ...planted })) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      writeFileSync(join(copy, file), text)
    }
    const { summary } = await cruise(copy)
    caught = summary.violations.map(({ rule, from }) => `${rule.name} ${from}`)
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  test.each(intruders)('$rule catches $file, which imports $imports', ({ rule, file }) => {
    expect(caught).toContain(`${rule} ${file}`)
  })

  test('nothing but the intruders is caught', () => {
    const files = new Set([...intruders.map(({ file }) => file), ...Object.keys(victims)])
    expect(caught.filter((entry) => !files.has(entry.slice(entry.indexOf(' ') + 1)))).toEqual([])
  })
})
