import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { AnalysisRunner } from '../../../../src/modules/scanning/analysis/analysis-runner.ts'
import { streamOf, tgzOf } from './pack-archive.ts'

// A program that forgets to dispose of its runner; `child-pool.test.ts` looks at what is left of it.
const bytes = await tgzOf([{ name: 'package/package.json', content: '{}' }])
const runner = new AnalysisRunner({ maxProcesses: 1, timeoutMs: 10_000, analysesPerProcess: 50 })
const layers = [{ mediaType: '', sizeBytes: bytes.length, open: async () => streamOf(bytes) }]
const { verdict } = await runner.analyse(
  { kind: 'npm', layers, metadata: { name: 'thing', version: '1.0.0' } },
  new AbortController().signal,
)
process.stdout.write(JSON.stringify({ level: verdict.level, children: readdirSync(tmpdir()).length }))
