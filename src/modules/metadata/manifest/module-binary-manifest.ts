import { type Static, Type } from '@sinclair/typebox'
import { DigestSchema } from '../../../shared/types/digest.ts'
import { capabilities, commonMembers, findCommonProblems } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import { type ManifestProblem, repeatedAt } from './manifest-problem.ts'

const choice = <const T extends string>(...names: readonly T[]) => Type.Union(names.map((name) => Type.Literal(name)))

// Node's and Go's words for the same things are both in use.
const os = choice('linux', 'darwin', 'windows', 'win32', 'freebsd', 'openbsd', 'android', 'aix')
const arch = choice('x64', 'amd64', 'arm64', 'arm', 'ia32', '386', 'riscv64', 'ppc64', 'ppc64le', 's390x', 'loong64')

const binary = Type.Object({ os, arch, file: text('path'), digest: Type.Optional(DigestSchema) })

const config = Type.Object({
  type: Type.Optional(Type.Literal('binary')),
  binaryFile: Type.Optional(text('path')),
  binaries: Type.Optional(Type.Array(binary, { minItems: 1, maxItems: 200 })),
  args: Type.Optional(Type.Array(Type.String({ maxLength: 10_000 }), { maxItems: 1000 })),
  capabilities: Type.Optional(capabilities),
})

function findBinaryProblems({ config: { binaryFile, binaries } }: { config: Static<typeof config> }): ManifestProblem[] {
  if (binaryFile === undefined && binaries === undefined)
    return [{ path: '/config', message: 'names no executable', expected: 'binaryFile, or binaries with one entry per platform' }]
  return repeatedAt(binaries ?? [], (entry) => `${entry.os}/${entry.arch}`).map((index) => ({
    path: `/config/binaries/${index}`,
    message: 'is a second executable for one platform',
    expected: 'one entry per platform',
  }))
}

export const moduleBinary = defineManifest(
  Type.Object({ ...commonMembers('module-binary'), config }),
  findCommonProblems,
  findBinaryProblems,
)
