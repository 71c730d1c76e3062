import { accepts, changed, rejects, removed } from './manifest-cases.ts'
import { seedManifests } from './seed-manifests.ts'

const { plugin, model } = seedManifests
const named = { name: 'a', version: '1.0.0' }

accepts('plugin', {
  "the seed's": plugin,
  'of wasm': { ...named, config: { type: 'wasm', wasmFile: 'a.wasm' } },
  'without a kind': { ...named, config: { entry: 'index.js' }, requiredModules: [] },
  'with modules at a version and permissions': {
    ...plugin,
    requiredModules: ['acme/database-core:2.0.0', 'cache:latest'],
    permissions: { maxMemory: '512 MiB', maxCpu: '500m', allowedDomains: ['*.example.org'] },
    gatiVersion: '>=1.0.0',
  },
})
rejects('plugin', plugin, {
  'no config': { path: '/config', to: removed },
  'no entry': { path: '/config/entry', to: removed },
  'of wasm without a file': { path: '/config/type', to: 'wasm', at: '/config/wasmFile' },
  'an unknown kind': { path: '/config/type', to: 'ruby' },
  'an entry outside': { path: '/config/entry', to: 'dist/../../x.js' },
  'a node version that is no range': { path: '/config/nodeVersion', to: 'eighteen' },
  'required modules in one text': { path: '/requiredModules', to: 'database-core' },
  'a required module with a hostile name': { path: '/requiredModules/0', to: '../core' },
  'a required module with two versions': { path: '/requiredModules/0', to: 'core:1.0.0:2.0.0' },
  'a required module twice': { path: '/requiredModules', to: ['core', 'core:1.0.0'], at: '/requiredModules/1' },
  'memory without unit': { path: '/permissions/maxMemory', to: '512' },
})

accepts('model', {
  "the seed's": model,
  'with a file alone': { ...named, config: { modelFormat: 'gguf', modelFile: 'q4.gguf' } },
  'with open dimensions': changed(model, '/config/inputShape', [-1, 3, 224, 224]),
  'in several parts': {
    ...named,
    config: { modelFormat: 'safetensors', modelFiles: ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] },
  },
  'with a format whose files may be called anything': {
    ...named,
    config: { modelFormat: 'tensorflow', modelFile: 'saved_model/saved_model.pb' },
  },
  'with figures for benchmarks': changed(model, '/benchmarks/tokensPerSecond', 41.5),
})
rejects('model', model, {
  'no config': { path: '/config', to: removed },
  'no format': { path: '/config/modelFormat', to: removed },
  'an unknown format': { path: '/config/modelFormat', to: 'onyx' },
  'no file': { path: '/config/modelFile', to: removed },
  'a file of another format (P16)': { path: '/config/modelFormat', to: 'gguf', at: '/config/modelFile' },
  'a file outside': { path: '/config/modelFile', to: '../m.onnx' },
  'a dimension below -1': { path: '/config/inputShape/0', to: -2 },
  'half a dimension': { path: '/config/outputShape/1', to: 1.5 },
  'a shape without dimension': { path: '/config/inputShape', to: [] },
  'a shape in one text': { path: '/config/inputShape', to: '1x512' },
  'an accuracy in percent': { path: '/modelCard/accuracy', to: 94 },
  'a training date that no calendar has': { path: '/modelCard/trainingDate', to: '2025-02-30' },
  'a model card in one text': { path: '/modelCard', to: 'IMDB Reviews' },
  'a benchmark that is a list': { path: '/benchmarks/inferenceTime', to: ['12ms'] },
  'a runtime that is an object': { path: '/config/runtime', to: {} },
})
