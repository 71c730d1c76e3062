module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'An import of ours that resolves to nothing is invisible to every other fence.',
      from: { path: '^src/' },
      to: { couldNotResolve: true, path: '^\\.' },
    },
    {
      name: 'modules-meet-at-contracts',
      severity: 'error',
      comment:
        'A module may import another module only through its contract.ts, or <topic>.contract.ts; every door answers with bytes in the same way.',
      from: { path: '^src/modules/([^/]+)/' },
      to: {
        path: '^src/modules/([^/]+)/',
        pathNot: [
          '^src/modules/$1/',
          '^src/modules/[^/]+/(contract|errors)\\.ts$',
          '^src/modules/[^/]+/[a-z-]+\\.contract\\.ts$',
          '^src/modules/artifacts/send-blob\\.ts$',
        ],
      },
    },
    {
      name: 'contracts-are-light',
      severity: 'error',
      comment: 'contract.ts holds tokens, types, schemas and events, so it may not pull in an implementation.',
      from: { path: ['^src/modules/[^/]+/contract\\.ts$', '^src/modules/[^/]+/[a-z-]+\\.contract\\.ts$'] },
      to: { path: '^src/modules/[^/]+/', pathNot: ['/(contract|errors)\\.ts$', '/[a-z-]+\\.contract\\.ts$'] },
    },
    {
      name: 'shared-knows-no-module',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^src/(modules|cli)/|^src/app\\.ts$' },
    },
    {
      name: 'only-the-kernel-touches-wiring',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/shared/kernel/' },
      to: { path: '(^|/)node_modules/(awilix|mitt|bullmq|undici)/' },
    },
    {
      name: 'handlers-and-effects-stay-thin',
      severity: 'error',
      comment: 'Handlers and effects talk to services, never to tables.',
      from: { path: '^src/modules/[^/]+/(handlers|effects)/' },
      to: { path: '(\\.entity\\.ts$|(^|/)node_modules/@mikro-orm/)' },
    },
    {
      name: 'the-cli-stays-outside',
      severity: 'error',
      comment: 'The CLI knows the wire, the kernel and how the registry is opened; of a module nothing but its contract.',
      from: { path: '^src/cli/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(cli|shared)/',
          '^src/app\\.ts$',
          '^src/modules/[^/]+/contract\\.ts$',
          '^src/modules/[^/]+/[a-z-]+\\.contract\\.ts$',
        ],
      },
    },
    {
      name: 'modules-import-no-cli',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/cli/|^src/app\\.ts$' },
    },
    {
      name: 'the-test-kit-stays-in-tests',
      severity: 'error',
      comment: 'src/shared/testing stands on the kernel, never the other way round.',
      from: { path: '^src/', pathNot: '^src/shared/testing/' },
      to: { path: '^src/shared/testing/' },
    },
    {
      name: 'no-dev-deps-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional', 'type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
