import { type Static, Type } from '@sinclair/typebox'
import { canonical, capabilities, commonMembers, findCommonProblems } from './common-members.ts'
import { runtimePermissions, wasmFile } from './file-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import { type ManifestProblem, repeatedAt } from './manifest-problem.ts'

const config = Type.Object({
  type: Type.Optional(Type.Union([Type.Literal('node'), Type.Literal('wasm')])),
  entry: Type.Optional(text('path')),
  wasmFile: Type.Optional(wasmFile),
  nodeVersion: Type.Optional(text('range')),
  capabilities: Type.Optional(capabilities),
})

const requiredModules = Type.Array(text('reference'), { maxItems: 1000 })

interface Plugin {
  readonly config: Static<typeof config>
  readonly requiredModules?: Static<typeof requiredModules>
}

function findPluginProblems({ config: { type = 'node', ...files }, requiredModules: modules = [] }: Plugin): ManifestProblem[] {
  const needed = type === 'node' ? 'entry' : 'wasmFile'
  const missing = files[needed] === undefined
  return [
    ...(missing ? [{ path: `/config/${needed}`, message: 'is missing', expected: `the file that a ${type} plugin starts from` }] : []),
    ...repeatedAt(modules, canonical).map((index) => ({
      path: `/requiredModules/${index}`,
      message: 'is listed twice',
      expected: 'each module once',
    })),
  ]
}

export const plugin = defineManifest(
  Type.Object({
    ...commonMembers('plugin'),
    config,
    requiredModules: Type.Optional(requiredModules),
    permissions: Type.Optional(runtimePermissions),
  }),
  findCommonProblems,
  findPluginProblems,
)
