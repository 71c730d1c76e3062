import { type Static, Type } from '@sinclair/typebox'
import { commonMembers, findCommonProblems } from './common-members.ts'
import { fileEndingIn, runtimePermissions, wasmFile } from './file-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import type { ManifestProblem } from './manifest-problem.ts'
import { findSkillProblems, skillGraph } from './skill-graph.ts'

const config = Type.Object({
  runtime: Type.Union([Type.Literal('js'), Type.Literal('node'), Type.Literal('wasm'), Type.Literal('container')]),
  entry: Type.Optional(text('path')),
  wasmFile: Type.Optional(wasmFile),
  image: Type.Optional(text('image')),
  recipe: Type.Optional(fileEndingIn('.yaml', '.yml')),
  modelReferences: Type.Optional(Type.Array(text('reference'), { maxItems: 1000 })),
  skillGraph: Type.Optional(skillGraph),
})

/** What each runtime starts from (R8.2). */
const startsFrom = { js: 'entry', node: 'entry', wasm: 'wasmFile', container: 'image' } as const

function findAgentProblems({ config: agent }: { config: Static<typeof config> }): ManifestProblem[] {
  const needed = startsFrom[agent.runtime]
  const missing = agent[needed] === undefined
  return [
    ...(missing ? [{ path: `/config/${needed}`, message: 'is missing', expected: `what the runtime ${agent.runtime} starts from` }] : []),
    ...(agent.skillGraph ? findSkillProblems(agent.skillGraph).map((it) => ({ ...it, path: `/config/skillGraph${it.path}` })) : []),
  ]
}

export const agent = defineManifest(
  Type.Object({ ...commonMembers('agent'), config, permissions: Type.Optional(runtimePermissions) }),
  findCommonProblems,
  findAgentProblems,
)
