import { accepts, changed, rejects, removed } from './manifest-cases.ts'
import { seedManifests } from './seed-manifests.ts'

const digest = `sha512:${'0'.repeat(128)}`
const snapshot = {
  name: 'staging',
  version: '1.0.0',
  config: {
    cliVersion: '1.4.0',
    modules: [{ name: 'user-auth', version: '2.1.0', digest }],
    plugins: [{ name: 'gati.dev/orgs/gati-official/postgres-adapter', version: '1.5.0' }],
    agents: [{ name: 'ai-dev/code-reviewer', version: '1.0.0-rc.1+b' }],
  },
}
accepts('snapshot', {
  'with everything (Q120)': snapshot,
  'of an empty environment': { ...snapshot, config: { cliVersion: '0.1.0', modules: [], plugins: [], agents: [] } },
  'with more than is asked for': changed(snapshot, '/config/environment', { node: '24', os: 'linux' }),
})
rejects('snapshot', snapshot, {
  'no CLI version': { path: '/config/cliVersion', to: removed },
  'a CLI version that is a range': { path: '/config/cliVersion', to: '1.x' },
  'no modules': { path: '/config/modules', to: removed },
  'no plugins': { path: '/config/plugins', to: removed },
  'no agents': { path: '/config/agents', to: removed },
  'a module at a range': { path: '/config/modules/0/version', to: '^2.1.0' },
  'a plugin at a tag': { path: '/config/plugins/0/version', to: 'latest' },
  'an agent without version': { path: '/config/agents/0/version', to: removed },
  'modules as a map': { path: '/config/modules', to: { 'user-auth': '2.1.0' } },
  'a module twice': { path: '/config/modules/-', to: { name: 'user-auth', version: '2.2.0' }, at: '/config/modules/1/name' },
  'a digest of an unknown algorithm': { path: '/config/modules/0/digest', to: 'md5:d41d8cd98f00b204e9800998ecf8427e' },
})

const { transformer } = seedManifests
accepts('transformer', {
  "the seed's (Q151)": transformer,
  'with name, version and several types': {
    ...transformer,
    name: 'user-auth-v1-to-v2',
    version: '1.0.0',
    transformations: [
      { type: 'LoginRequest', changes: { added: ['rememberMe'], removed: ['otp'], renamed: { mail: 'email' } } },
      { type: 'LoginResponse', changes: {} },
    ],
  },
  'between exact versions of an artifact elsewhere': {
    ...transformer,
    fromArtifact: 'acme/user-auth',
    fromVersion: '1.0.0',
    toVersion: '>=2.0.0 <3',
  },
})
rejects('transformer', transformer, {
  'no artifact': { path: '/fromArtifact', to: removed },
  'an artifact with a hostile name': { path: '/fromArtifact', to: 'user\0auth' },
  'no range to come from': { path: '/fromVersion', to: removed },
  'a range to come from that is none': { path: '/fromVersion', to: 'one' },
  'a range to go to that is a number': { path: '/toVersion', to: 2 },
  'the same range twice': { path: '/toVersion', to: '1.x' },
  'no transformations': { path: '/transformations', to: [] },
  'transformations as a map': { path: '/transformations', to: { LoginRequest: {} } },
  'a type that is no text': { path: '/transformations/0/type', to: 5 },
  'a type twice': { path: '/transformations/-', to: { type: 'LoginRequest', changes: {} }, at: '/transformations/1/type' },
  'no changes': { path: '/transformations/0/changes', to: removed },
  'added fields in one text': { path: '/transformations/0/changes/added', to: 'rememberMe' },
  'a field renamed to a number': { path: '/transformations/0/changes/renamed/a~b', to: 1, at: '/transformations/0/changes/renamed/a~0b' },
  'a field both added and removed': {
    path: '/transformations/0/changes/removed',
    to: ['rememberMe'],
    at: '/transformations/0/changes/added/0',
  },
  'a field renamed to an added one': { path: '/transformations/0/changes/renamed/remember', to: 'rememberMe' },
  'two fields renamed to one': { path: '/transformations/0/changes/renamed', to: { a: 'c', b: 'c' } },
  'a name that is none': { path: '/name', to: 'User Auth' },
})
