import { accepts, changed, rejects, removed } from './manifest-cases.ts'
import { seedManifests } from './seed-manifests.ts'

const { agent, template } = seedManifests
const named = { name: 'a', version: '1.0.0' }

accepts('agent', {
  "the seed's": agent,
  'of JavaScript': { ...named, config: { runtime: 'js', entry: 'index.js', recipe: 'recipe.yaml' } },
  'in a container': { ...named, config: { runtime: 'container', image: 'acme/agent:1' }, permissions: { allowedDomains: [] } },
  'with skills in a line': changed(agent, '/config/skillGraph', { skills: ['a', 'b', 'c'], dependencies: { c: ['b'], b: ['a'], a: [] } }),
  'with skills that need nothing': changed(agent, '/config/skillGraph', { skills: ['constructor', '__proto__x'] }),
})
rejects('agent', agent, {
  'no runtime': { path: '/config/runtime', to: removed },
  'an unknown runtime': { path: '/config/runtime', to: 'jvm' },
  'a container without image': { path: '/config/runtime', to: 'container', at: '/config/image' },
  'of node without entry': { path: '/config/runtime', to: 'node', at: '/config/entry' },
  'no wasm file': { path: '/config/wasmFile', to: removed },
  'a wasm file of another kind': { path: '/config/wasmFile', to: 'agent.js' },
  'a recipe that is no YAML': { path: '/config/recipe', to: 'recipe.json' },
  'a model reference with two colons': { path: '/config/modelReferences/0', to: 'openai/gpt-4:1:2' },
  'a model reference that climbs': { path: '/config/modelReferences/0', to: 'gati.dev/users/../x' },
  'no skills': { path: '/config/skillGraph/skills', to: [] },
  'a skill twice': { path: '/config/skillGraph/skills/-', to: 'analyze-code', at: '/config/skillGraph/skills/4' },
  'a need that is no skill': { path: '/config/skillGraph/dependencies/detect-bugs/0', to: 'analyse-code' },
  'needs of something that is no skill': {
    path: '/config/skillGraph/dependencies/a~b',
    to: [],
    at: '/config/skillGraph/dependencies/a~0b',
  },
  'a skill that needs itself': { path: '/config/skillGraph/dependencies/analyze-code', to: ['analyze-code'] },
  'needs in one text': { path: '/config/skillGraph/dependencies/detect-bugs', to: 'analyze-code' },
  'memory without unit': { path: '/permissions/maxMemory', to: '1 big' },
  'processors that are a number': { path: '/permissions/maxCpu', to: 2 },
  'a domain that is a URL': { path: '/permissions/allowedDomains/0', to: 'https://github.com' },
})
rejects('agent', changed(agent, '/config/skillGraph', { skills: ['a', 'b', 'c', 'd'], dependencies: { b: ['a'], c: ['b'], d: ['c'] } }), {
  'skills in a ring of two': { path: '/config/skillGraph/dependencies/a', to: ['b'], at: '/config/skillGraph/dependencies/b' },
  'skills in a ring of four': { path: '/config/skillGraph/dependencies/a', to: ['d'], at: '/config/skillGraph/dependencies/b' },
  'a ring behind others': { path: '/config/skillGraph/dependencies/c', to: ['b', 'd'] },
  'a need of nothing listed': { path: '/config/skillGraph/dependencies/a', to: ['e'], at: '/config/skillGraph/dependencies/a/0' },
  'an empty skill': { path: '/config/skillGraph/skills/0', to: '' },
})

accepts('template', {
  "the seed's": template,
  'with a type alone': { ...named, config: { templateType: 'infrastructure' } },
  'with options that are no texts': {
    ...named,
    config: { templateType: 'app', variables: [{ name: 'replicas', options: [1, 2, 3], default: 2 }] },
  },
  'with a default and no options': {
    ...named,
    config: { templateType: 'module', variables: [{ name: 'license', default: 'MIT' }] },
    files: ['!dist/**'],
  },
})
rejects('template', template, {
  'no type': { path: '/config/templateType', to: removed },
  'an unknown type': { path: '/config/templateType', to: 'website' },
  'a variable without name': { path: '/config/variables/0/name', to: removed },
  'a variable whose name is no word': { path: '/config/variables/0/name', to: 'project name' },
  'a variable twice': { path: '/config/variables/1/name', to: 'projectName' },
  'a default that is no option': { path: '/config/variables/1/default', to: 'sqlite' },
  'a default of another kind than its option': { path: '/config/variables/1/default', to: 1 },
  'an option twice': { path: '/config/variables/1/options/2', to: 'mysql' },
  'no options to choose from': { path: '/config/variables/1/options', to: [] },
  'required as text': { path: '/config/variables/0/required', to: 'yes' },
  'a module with a hostile name': { path: '/config/includesModules/0', to: 'user auth' },
  'a file outside': { path: '/files/2', to: 'src/../../**/*' },
  'an absolute file': { path: '/files/0', to: '/etc/*' },
  'files in one text': { path: '/files', to: '**/*' },
  'no files': { path: '/files', to: [] },
})
