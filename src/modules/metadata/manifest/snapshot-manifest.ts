import { type Static, Type } from '@sinclair/typebox'
import { DigestSchema } from '../../../shared/types/digest.ts'
import { canonical, commonMembers, findCommonProblems } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import { type ManifestProblem, repeatedAt } from './manifest-problem.ts'

/** Exact, never a range: a restore rebuilds what was there (R20.3). */
const captured = Type.Object({ name: text('name'), version: text('version'), digest: Type.Optional(DigestSchema) })
const list = Type.Array(captured, { maxItems: 5000 })

const config = Type.Object({
  cliVersion: text('version'),
  modules: list,
  plugins: list,
  agents: list,
})

const lists = ['modules', 'plugins', 'agents'] as const

const findSnapshotProblems = ({ config: snapshot }: { config: Static<typeof config> }): ManifestProblem[] =>
  lists.flatMap((kind) =>
    repeatedAt(snapshot[kind], ({ name }) => canonical(name)).map((index) => ({
      path: `/config/${kind}/${index}/name`,
      message: 'is captured twice',
      expected: 'one version per artifact',
    })),
  )

export const snapshot = defineManifest(Type.Object({ ...commonMembers('snapshot'), config }), findCommonProblems, findSnapshotProblems)
