/** A pair of published versions, with what its changelog says. */
export interface PublishedPair {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly isBreaking: boolean
  /** Rules that have to be among what is found: the main points of the changelog. */
  readonly rules: readonly string[]
  /** Of the changelog, in short. */
  readonly says: string
}

const breaking = (
  name: string,
  [before, after]: readonly [string, string],
  told: Pick<PublishedPair, 'rules' | 'says'>,
): PublishedPair => ({
  ...{ name, before, after, isBreaking: true },
  ...told,
})
const harmless = (name: string, [before, after]: readonly [string, string], says: string): PublishedPair => ({
  ...{ name, before, after, isBreaking: false, rules: [], says },
})

const pureEsm = ['commonjs-dropped', 'engine-narrowed']

export const published: readonly PublishedPair[] = [
  breaking('chalk', ['4.1.2', '5.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12.20, types rewritten' }),
  breaking('nanoid', ['3.3.4', '4.0.0'], { rules: pureEsm, says: 'CommonJS, Node.js 10 and 12 removed' }),
  // Nothing of it is in package.json or in types: there are none, and engines are not named.
  breaking('uuid', ['8.3.2', '9.0.0'], { rules: [], says: 'Node.js 10 dropped, minified UMD build removed' }),
  breaking('p-limit', ['3.1.0', '4.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12.20' }),
  breaking('node-fetch', ['2.6.7', '3.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12.20, types included' }),
  breaking('commander', ['11.1.0', '12.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 18; addHelpCommand takes a command' }),
  breaking('lru-cache', ['9.1.2', '10.0.0'], {
    rules: ['type-narrowed'],
    says: 'fetch() returns Promise<V | undefined> instead of Promise<V | void>',
  }),
  breaking('execa', ['5.1.1', '6.0.0'], { rules: pureEsm, says: 'pure ESM, named exports' }),
  breaking('escape-string-regexp', ['4.0.0', '5.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12' }),
  breaking('debug', ['3.2.7', '4.0.0'], { rules: ['file-removed'], says: 'files moved, old environments dropped' }),
  breaking('p-queue', ['7.4.1', '8.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 18; some types no longer exported' }),
  breaking('mitt', ['2.1.0', '3.0.0'], { rules: ['exports-map-hides-files'], says: 'types of events are type parameters; exports map' }),
  breaking('immer', ['9.0.21', '10.0.0'], { rules: ['export-removed'], says: 'no default export, no Flow types, ES5 fallback removed' }),
  breaking('ky', ['0.33.3', '1.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 18' }),
  breaking('jose', ['4.15.4', '5.0.0'], {
    rules: ['export-removed', 'parameter-removed'],
    says: 'zip of JWE removed, importJWK takes no octAsKeyObject',
  }),
  breaking('strip-ansi', ['6.0.1', '7.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12' }),
  breaking('p-retry', ['5.1.2', '6.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 16.17' }),
  breaking('yallist', ['4.0.0', '5.0.0'], { rules: [], says: 'named export, written in TypeScript, Node.js 18' }),
  breaking('lru-cache', ['7.18.3', '8.0.0'], { rules: [], says: 'Node.js 16.14, deprecated options and methods removed' }),
  breaking('find-up', ['5.0.0', '6.0.0'], { rules: pureEsm, says: 'pure ESM, Node.js 12.20, named exports' }),
  breaking('eslint-visitor-keys', ['2.1.0', '3.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 10, 13 and 15 dropped, written as ESM' }),
  breaking('which', ['2.0.2', '3.0.0'], { rules: ['engine-narrowed'], says: 'no callbacks, Node.js 14.17' }),
  breaking('mime', ['2.6.0', '3.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 10' }),
  breaking('yargs-parser', ['20.2.9', '21.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 10 dropped' }),
  breaking('statuses', ['1.5.0', '2.0.0'], { rules: ['engine-narrowed'], says: 'Node.js 0.6 dropped, exports by code and by message removed' }),
  breaking('http-errors', ['1.8.1', '2.0.0'], { rules: ['engine-narrowed'], says: "Node.js 0.6 dropped, I'mateapot removed" }),
  breaking('body-parser', ['1.20.2', '2.0.0'], { rules: [], says: 'Node.js 18, bodyParser() itself removed' }),
  breaking('js-yaml', ['3.14.1', '4.0.0'], { rules: ['exports-map-hides-files'], says: 'safe functions and unsafe tags removed, files moved' }),
  breaking('y18n', ['4.0.3', '5.0.0'], { rules: [], says: 'exports map, Node.js 4 and 6 dropped' }),
  breaking('eslint-config-airbnb-base', ['14.2.1', '15.0.0'], {
    rules: ['peer-narrowed'],
    says: 'eslint before 7 dropped, exports map',
  }),
  breaking('eslint-config-standard', ['16.0.3', '17.0.0'], {
    rules: ['peer-added', 'peer-narrowed'],
    says: 'eslint 8, plugin n in place of plugin node',
  }),
  breaking('zustand', ['4.5.5', '5.0.0'], { rules: ['peer-narrowed'], says: 'React 18, default exports and deprecated features dropped' }),
  breaking('redux-thunk', ['2.4.2', '3.0.0'], { rules: ['export-removed'], says: 'no default export, no UMD builds, Redux 5' }),
  breaking('signal-exit', ['3.0.7', '4.0.0'], { rules: [], says: 'named exports, rewritten in TypeScript' }),
  breaking('mkdirp', ['2.1.6', '3.0.0'], { rules: ['export-removed'], says: 'no default export' }),
  breaking('@azure/abort-controller', ['1.1.0', '2.0.0'], { rules: ['export-removed'], says: 'AbortController and AbortSignal removed' }),
  breaking('jsonc-parser', ['2.3.1', '3.0.0'], { rules: ['type-widened'], says: 'parseTree() may return undefined' }),
  breaking('detect-libc', ['1.0.3', '2.0.0'], { rules: ['bin-removed', 'engine-narrowed'], says: 'asynchronous functions in place of values, no command' }),
  // What these changelogs name is behaviour, of which neither package.json nor types tell.
  breaking('dotenv', ['15.0.1', '16.0.0'], { rules: [], says: 'backticks quote values' }),
  breaking('acorn', ['7.4.1', '8.0.1'], { rules: [], says: 'ecmaVersion is required, methods that plugins use changed' }),
  breaking('@rollup/pluginutils', ['3.1.0', '4.0.0'], { rules: [], says: 'patterns that are absolute are not resolved' }),
  harmless('chalk', ['5.2.0', '5.3.0'], 'sideEffects field, more terminals'),
  harmless('uuid', ['9.0.0', '9.0.1'], 'fix for CI'),
  harmless('semver', ['7.5.3', '7.5.4'], 'fix of trailing spaces'),
  harmless('ms', ['2.1.2', '2.1.3'], 'fix of the length check'),
  harmless('commander', ['11.0.0', '11.1.0'], 'registeredArguments, types of option values'),
  harmless('lru-cache', ['10.0.0', '10.0.1'], 'fix'),
  harmless('zod', ['3.22.4', '3.23.0'], 'date, time, duration, base64, nanoid'),
  harmless('zod', ['3.23.7', '3.23.8'], 'fix'),
  harmless('picocolors', ['1.0.0', '1.0.1'], 'fix of types'),
  harmless('camelcase', ['7.0.0', '7.0.1'], 'fix'),
  harmless('minimatch', ['9.0.2', '9.0.3'], 'fix'),
  harmless('mitt', ['3.0.0', '3.0.1'], 'fix of types in exports'),
  harmless('immer', ['10.0.2', '10.0.3'], 'fix'),
  harmless('pino', ['8.16.2', '8.17.0'], 'types of custom levels'),
  harmless('type-fest', ['4.0.0', '4.1.0'], 'new type IsEqual is exported'),
  harmless('axios', ['1.6.1', '1.6.2'], 'withXSRFToken'),
  harmless('eventemitter3', ['5.0.0', '5.0.1'], 'fix of the exports for types'),
  harmless('glob', ['10.3.9', '10.3.10'], 'fix'),
  harmless('yaml', ['2.3.3', '2.3.4'], 'fix'),
  harmless('find-up', ['6.1.0', '6.2.0'], 'findUpMultiple()'),
  harmless('eslint-visitor-keys', ['2.0.0', '2.1.0'], 'PrivateIdentifier, PropertyDefinition'),
  harmless('which', ['3.0.0', '3.0.1'], 'fix for extensions in lower case'),
  harmless('mime', ['2.5.2', '2.6.0'], 'new types'),
  harmless('mime-types', ['2.1.34', '2.1.35'], 'new types'),
  harmless('yargs-parser', ['21.0.0', '21.1.0'], 'the build for browsers can be imported'),
  harmless('http-errors', ['1.7.3', '1.8.0'], 'isHttpError()'),
  harmless('body-parser', ['1.20.1', '1.20.2'], 'fix of the message of an error'),
  harmless('raw-body', ['2.5.1', '2.5.2'], 'fix of the message of an error'),
  harmless('js-yaml', ['4.0.0', '4.1.0'], 'types are exported'),
  harmless('eslint-config-airbnb-base', ['14.2.0', '14.2.1'], 'better messages, new rules that are off'),
  harmless('signal-exit', ['4.0.2', '4.1.0'], 'listeners that return true capture the signal'),
  harmless('@azure/abort-controller', ['2.0.0', '2.1.0'], 'moved to ESM, which is internal'),
  harmless('jsonc-parser', ['3.0.0', '3.1.0'], 'option keepLines'),
  harmless('dotenv', ['16.0.3', '16.1.0'], 'populate(), URLs, vaults'),
  harmless('acorn', ['8.10.0', '8.11.0'], 'fixes, more precise types'),
  harmless('@rollup/pluginutils', ['4.0.0', '4.1.0'], 'normalizePath()'),
  harmless('qs', ['6.11.0', '6.11.1'], 'fix'),
  harmless('minimist', ['1.2.7', '1.2.8'], 'fixes'),
  harmless('iconv-lite', ['0.6.2', '0.6.3'], 'fix of an encoding'),
  harmless('has-symbols', ['1.0.3', '1.1.0'], 'types'),
  harmless('object-inspect', ['1.12.3', '1.13.0'], 'shows the global object'),
]
