import type { Bump } from '../../../../../src/modules/timescape/change.ts'

export type Files = Readonly<Record<string, string>>

/** `package.json` without name and version, and files by path. */
export interface WrittenPackage {
  readonly manifest?: Readonly<Record<string, unknown>>
  readonly files: Files
}

export interface WrittenPair {
  readonly name: string
  readonly bump: Bump
  readonly rules: readonly string[]
  readonly before: WrittenPackage
  readonly after: WrittenPackage
}

const files: Files = { 'index.js': 'a', 'index.mjs': 'a', 'sub.js': 'a', 'cli.js': 'a' }
const pair = (name: string, [bump, ...rules]: readonly [Bump, ...string[]], manifests: readonly [object, object]): WrittenPair => ({
  ...{ name, bump, rules },
  before: { manifest: { ...manifests[0] }, files },
  after: { manifest: { ...manifests[1] }, files },
})

export const writtenPackages: readonly WrittenPair[] = [
  pair(
    'a subpath is gone',
    ['major', 'export-removed'],
    [{ exports: { '.': './index.js', './sub': './sub.js' } }, { exports: { '.': './index.js' } }],
  ),
  pair(
    'a subpath is new',
    ['minor', 'export-added'],
    [{ exports: { '.': './index.js' } }, { exports: { '.': './index.js', './sub': './sub.js' } }],
  ),
  pair(
    'a subpath is hidden by null',
    ['major', 'export-removed'],
    [{ exports: { '.': './index.js', './sub': './sub.js' } }, { exports: { '.': './index.js', './sub': null } }],
  ),
  pair(
    'require() finds nothing any more',
    ['major', 'commonjs-dropped'],
    [{ exports: { '.': { import: './index.mjs', require: './index.js' } } }, { exports: { '.': { import: './index.mjs' } } }],
  ),
  pair(
    'the environment of a package for workers alone is dropped',
    ['major', 'export-condition-removed'],
    [{ exports: { '.': { worker: './sub.js', import: './index.mjs' } } }, { exports: { '.': { worker: null, import: './index.mjs' } } }],
  ),
  pair(
    'type: module, where require() keeps its file',
    ['patch'],
    [
      { exports: { '.': { import: './index.mjs', require: './sub.cjs' } } },
      { type: 'module', exports: { '.': { import: './index.mjs', require: './sub.cjs' } } },
    ],
  ),
  pair('type: module alone', ['major', 'commonjs-dropped'], [{ main: './index.js' }, { main: './index.js', type: 'module' }]),
  pair('the main module is missing', ['major', 'export-removed'], [{ exports: './index.js' }, { exports: './dist/index.js' }]),
  pair(
    'an exports map is added before open files',
    ['major', 'exports-map-hides-files'],
    [{ main: './index.js' }, { main: './index.js', exports: { '.': './index.js' } }],
  ),
  pair('a command is renamed', ['major', 'bin-removed', 'bin-added'], [{ bin: { tool: './cli.js' } }, { bin: { tools: './cli.js' } }]),
  pair('a command is added', ['minor', 'bin-added'], [{ bin: { tool: './cli.js' } }, { bin: { tool: './cli.js', more: './sub.js' } }]),
  pair(
    'a release line of Node.js is dropped',
    ['major', 'engine-narrowed'],
    [{ engines: { node: '>=18' } }, { engines: { node: '>=20' } }],
  ),
  pair(
    'a release line has to be newer',
    ['minor', 'engine-narrowed'],
    [{ engines: { node: '>=18.0.0' } }, { engines: { node: '>=18.17.0' } }],
  ),
  pair('an older Node.js will do', ['minor', 'engine-widened'], [{ engines: { node: '>=20' } }, { engines: { node: '>=18' } }]),
  pair('a peer has to be installed', ['major', 'peer-added'], [{}, { peerDependencies: { react: '^18.0.0' } }]),
  pair(
    'a peer can be installed',
    ['minor', 'optional-peer-added'],
    [{}, { peerDependencies: { react: '^18.0.0' }, peerDependenciesMeta: { react: { optional: true } } }],
  ),
  pair(
    'a peer has to be newer',
    ['major', 'peer-narrowed'],
    [{ peerDependencies: { react: '^17.0.0 || ^18.0.0' } }, { peerDependencies: { react: '^18.0.0' } }],
  ),
  pair(
    'a peer may be newer',
    ['minor', 'peer-widened'],
    [{ peerDependencies: { react: '^18.0.0' } }, { peerDependencies: { react: '^18.0.0 || ^19.0.0' } }],
  ),
  pair('Windows is dropped', ['major', 'platform-removed'], [{ os: ['linux', 'darwin', 'win32'] }, { os: ['!win32'] }]),
  pair(
    'a dependency has another major version',
    ['patch', 'dependency-major-changed'],
    [{ dependencies: { ms: '^2.0.0' } }, { dependencies: { ms: '^3.0.0' } }],
  ),
]
