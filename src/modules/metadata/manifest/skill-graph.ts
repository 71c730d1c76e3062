import { type Static, Type } from '@sinclair/typebox'
import { mapOf } from './common-members.ts'
import { type ManifestProblem, repeatedAt, step } from './manifest-problem.ts'

const skill = Type.String({ minLength: 1, maxLength: 100 })

export const skillGraph = Type.Object({
  skills: Type.Array(skill, { minItems: 1, maxItems: 1000 }),
  dependencies: Type.Optional(mapOf(Type.Array(skill, { maxItems: 1000 }))),
})
type SkillGraph = Static<typeof skillGraph>

/** Every skill is listed once, depends on listed skills only, and never on itself, not even by way of others. */
export function findSkillProblems({ skills, dependencies = {} }: SkillGraph): ManifestProblem[] {
  const listed = new Set(skills)
  const isListed = (name: string): boolean => listed.has(name)
  const problems = [
    ...repeatedAt(skills, (name) => name).map((index) => ({
      path: `/skills/${index}`,
      message: 'is listed twice',
      expected: 'each skill once',
    })),
    ...Object.entries(dependencies).flatMap(([name, needs]) => [
      ...(isListed(name) ? [] : [unlisted(`/dependencies${step(name)}`)]),
      ...needs.flatMap((need, index) => (isListed(need) ? [] : [unlisted(`/dependencies${step(name)}${step(index)}`)])),
    ]),
  ]
  return problems.length > 0 ? problems : findCycle(dependencies)
}

const unlisted = (path: string): ManifestProblem => ({ path, message: 'is no listed skill', expected: 'a skill named in skills' })

/** Takes away skills whose needs are all met, as long as there are any; what is left waits for itself. */
function findCycle(dependencies: Readonly<Record<string, readonly string[]>>): ManifestProblem[] {
  const waiting = new Map(Object.entries(dependencies))
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size
    const met = [...waiting].filter(([, needs]) => !needs.some((need) => waiting.has(need)))
    for (const [name] of met) waiting.delete(name)
  }
  // What is left may only stand behind a ring; going from need to need leads into it.
  const seen = new Set<string>()
  let [at] = waiting.keys()
  while (at !== undefined && !seen.has(at)) {
    seen.add(at)
    at = waiting.get(at)?.find((need) => waiting.has(need))
  }
  if (at === undefined) return []
  return [{ path: `/dependencies${step(at)}`, message: 'waits for itself', expected: 'a graph without a cycle' }]
}
