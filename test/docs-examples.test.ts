import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** TypeScript blocks whose first line names their file, by absolute path. */
async function examplesOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)]
  return new Map(blocks.map(([, path = '', code = '']) => [join(root, path), code]))
}

/** What the compiler says about files that exist only in the documentation. */
function faultsOf(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['registry.config.ts'] }, ts.sys, root)
  const folders = new Set([...files.keys()].flatMap((path) => [dirname(path), dirname(dirname(path))]))
  const host = ts.createCompilerHost(options)
  const [fileExists, readFromDisk, directoryExists] = [host.fileExists, host.readFile, host.directoryExists]
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path)
  host.readFile = (path) => files.get(path) ?? readFromDisk.call(host, path)
  host.directoryExists = (path) => folders.has(path) || directoryExists?.call(host, path) === true
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
}

test('the examples of MODULES.md compile against the kernel', { timeout: 120_000 }, async () => {
  const files = await examplesOf('docs/MODULES.md')
  expect([...files.keys()].filter((path) => path.endsWith('/module.ts'))).toHaveLength(1)
  expect(files.size).toBe(7)
  // One program for all: the fault shows that it would be seen.
  const wrong = join(root, 'src/modules/tally/wrong.ts')
  const faulty = new Map([...files, [wrong, "import { Tally } from './contract.ts'\nexport const text: string = Tally\n"]])
  expect(faultsOf(faulty)).toEqual([expect.stringMatching(/^src\/modules\/tally\/wrong\.ts: /)])
})
