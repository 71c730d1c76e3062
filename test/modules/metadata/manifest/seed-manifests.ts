/** The `manifest` members of the seed's examples (Q115-Q119, Q151), as they stand. */
export const seedManifests = {
  'module-wasm': {
    name: 'user-auth',
    version: '2.1.0',
    description: 'User authentication module with JWT support',
    author: 'Krishna',
    license: 'MIT',
    keywords: ['auth', 'jwt', 'security'],
    config: {
      type: 'wasm',
      wasmFile: 'user-auth.wasm',
      wasi: true,
      capabilities: ['db:read', 'db:write', 'crypto', 'log'],
    },
    dependencies: [
      {
        name: 'crypto-utils',
        version: '^1.0.0',
      },
    ],
    gtypes: [
      {
        name: 'LoginRequest',
        fields: {
          email: 'string',
          password: 'string',
        },
      },
      {
        name: 'LoginResponse',
        fields: {
          token: 'string',
          expiresAt: 'number',
        },
      },
    ],
    capabilities: ['db:read', 'db:write', 'crypto'],
    timescape: {
      versionGraph: [
        {
          version: '2.1.0',
          timestamp: '2025-11-23T10:00:00Z',
          gtypeHash: 'abc123',
          parentVersions: ['2.0.0'],
        },
      ],
    },
  },
  plugin: {
    name: 'postgres-adapter',
    version: '1.5.0',
    description: 'PostgreSQL database adapter for Gati',
    author: 'Gati Team',
    license: 'Apache-2.0',
    keywords: ['database', 'postgres', 'sql', 'adapter'],
    config: {
      type: 'node',
      entry: 'dist/index.js',
      nodeVersion: '18.x',
    },
    capabilities: ['db:postgres', 'network:outbound'],
    requiredModules: ['database-core'],
    gtypes: [
      {
        name: 'QueryResult',
        fields: {
          rows: 'array',
          rowCount: 'number',
        },
      },
    ],
  },
  model: {
    name: 'sentiment-analyzer',
    version: '3.0.0',
    description: 'BERT-based sentiment analysis model',
    author: 'ML Researcher',
    license: 'MIT',
    keywords: ['nlp', 'sentiment', 'bert', 'classification'],
    config: {
      modelFormat: 'onnx',
      modelFile: 'sentiment-bert.onnx',
      inputShape: [1, 512],
      outputShape: [1, 3],
      runtime: 'onnx-runtime',
    },
    gtypes: [
      {
        name: 'SentimentInput',
        fields: {
          text: 'string',
        },
      },
      {
        name: 'SentimentOutput',
        fields: {
          sentiment: 'enum[positive,negative,neutral]',
          confidence: 'number',
        },
      },
    ],
    modelCard: {
      dataset: 'IMDB Reviews',
      accuracy: 0.94,
      f1Score: 0.93,
      trainingDate: '2025-10-15',
    },
    benchmarks: {
      inferenceTime: '12ms',
      memoryUsage: '256MB',
    },
  },
  agent: {
    name: 'code-reviewer',
    version: '1.0.0',
    description: 'AI agent for automated code review',
    author: 'AI Developer',
    license: 'MIT',
    keywords: ['ai', 'code-review', 'automation'],
    config: {
      runtime: 'wasm',
      wasmFile: 'agent.wasm',
      modelReferences: ['gati.dev/users/openai/gpt-4:latest', 'gati.dev/users/ml-researcher/code-embeddings:2.0.0'],
      skillGraph: {
        skills: ['analyze-code', 'detect-bugs', 'suggest-improvements', 'generate-tests'],
        dependencies: {
          'detect-bugs': ['analyze-code'],
          'suggest-improvements': ['analyze-code'],
          'generate-tests': ['analyze-code'],
        },
      },
    },
    capabilities: ['filesystem:read', 'network:outbound', 'ai:inference'],
    permissions: {
      maxMemory: '1GB',
      maxCpu: '2cores',
      allowedDomains: ['github.com', 'gitlab.com'],
    },
  },
  template: {
    name: 'nextjs-gati-starter',
    version: '1.2.0',
    description: 'Next.js starter template with Gati integration',
    author: 'Gati Team',
    license: 'MIT',
    keywords: ['nextjs', 'react', 'starter', 'template'],
    config: {
      templateType: 'app',
      framework: 'nextjs',
      language: 'typescript',
      includesModules: ['user-auth', 'database-core'],
      variables: [
        {
          name: 'projectName',
          description: 'Name of your project',
          required: true,
        },
        {
          name: 'databaseType',
          description: 'Database to use',
          options: ['postgres', 'mysql', 'mongodb'],
          default: 'postgres',
        },
      ],
    },
    files: ['package.json', 'tsconfig.json', 'src/**/*', 'public/**/*', 'README.md'],
  },
  transformer: {
    fromArtifact: 'user-auth',
    fromVersion: '1.x',
    toVersion: '2.x',
    transformations: [
      {
        type: 'LoginRequest',
        changes: {
          added: ['rememberMe'],
          removed: [],
          renamed: {},
        },
      },
    ],
  },
} as const
