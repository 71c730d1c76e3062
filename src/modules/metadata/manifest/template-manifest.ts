import { type Static, Type } from '@sinclair/typebox'
import { commonMembers, findCommonProblems } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import { type ManifestProblem, repeatedAt } from './manifest-problem.ts'

const answer = Type.Union([Type.String({ maxLength: 10_000 }), Type.Number(), Type.Boolean()])

const variable = Type.Object({
  name: Type.String({ maxLength: 100, pattern: '^[A-Za-z_][A-Za-z0-9_-]*$', expected: 'a variable name such as projectName' }),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  required: Type.Optional(Type.Boolean()),
  options: Type.Optional(Type.Array(answer, { minItems: 1, maxItems: 1000 })),
  default: Type.Optional(answer),
})

const config = Type.Object({
  templateType: Type.Union([Type.Literal('app'), Type.Literal('module'), Type.Literal('plugin'), Type.Literal('infrastructure')]),
  framework: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  language: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  includesModules: Type.Optional(Type.Array(text('reference'), { maxItems: 1000 })),
  variables: Type.Optional(Type.Array(variable, { maxItems: 1000 })),
})

function findVariableProblems({ config: { variables = [] } }: { config: Static<typeof config> }): ManifestProblem[] {
  return [
    ...repeatedAt(variables, ({ name }) => name).map((index) => ({
      path: `/config/variables/${index}/name`,
      message: 'is declared twice',
      expected: 'one declaration per variable',
    })),
    ...variables.flatMap(({ options, default: preset }, index) =>
      options === undefined || preset === undefined || options.includes(preset)
        ? []
        : [{ path: `/config/variables/${index}/default`, message: 'is none of the options', expected: 'one of the options' }],
    ),
    ...variables.flatMap(({ options = [] }, index) =>
      repeatedAt(options, (option) => JSON.stringify(option)).map((at) => ({
        path: `/config/variables/${index}/options/${at}`,
        message: 'is listed twice',
        expected: 'each option once',
      })),
    ),
  ]
}

export const template = defineManifest(
  Type.Object({
    ...commonMembers('template'),
    config,
    files: Type.Optional(Type.Array(text('glob'), { minItems: 1, maxItems: 20_000 })),
  }),
  findCommonProblems,
  findVariableProblems,
)
