import { type Static, Type } from '@sinclair/typebox'
import { commonMembers, findCommonProblems, mapOf } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import type { ManifestProblem } from './manifest-problem.ts'

/** Extensions a file of the format may have; none listed: any (P16). */
const extensionsOf = {
  onnx: ['.onnx'],
  safetensors: ['.safetensors'],
  gguf: ['.gguf'],
  wasm: ['.wasm'],
  tensorrt: ['.engine', '.plan', '.trt'],
  tflite: ['.tflite'],
  coreml: ['.mlmodel', '.mlpackage'],
  keras: ['.keras', '.h5'],
  pytorch: ['.pt', '.pth', '.bin', '.ckpt'],
  openvino: ['.xml'],
  tensorflow: [],
  jax: [],
  cuda: [],
  other: [],
} as const satisfies Record<string, readonly string[]>
type ModelFormat = keyof typeof extensionsOf
const modelFormats = Object.keys(extensionsOf) as ModelFormat[]

/** -1 stands for a dimension that is open until inference. */
const shape = Type.Array(Type.Integer({ minimum: -1, expected: 'an integer of at least -1' }), { minItems: 1, maxItems: 32 })

const config = Type.Object({
  modelFormat: Type.Union(modelFormats.map((format) => Type.Literal(format))),
  modelFile: Type.Optional(text('path')),
  modelFiles: Type.Optional(Type.Array(text('path'), { minItems: 1, maxItems: 10_000 })),
  inputShape: Type.Optional(shape),
  outputShape: Type.Optional(shape),
  runtime: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
})

const ratio = Type.Number({ minimum: 0, maximum: 1, expected: 'a number from 0 to 1' })

const modelCard = Type.Object({
  dataset: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  accuracy: Type.Optional(ratio),
  f1Score: Type.Optional(ratio),
  trainingDate: Type.Optional(text('date')),
  usageExamples: Type.Optional(Type.Array(Type.String({ maxLength: 100_000 }), { maxItems: 100 })),
})

function findModelProblems({ config: { modelFormat, modelFile, modelFiles } }: { config: Static<typeof config> }): ManifestProblem[] {
  if (modelFile === undefined && modelFiles === undefined)
    return [{ path: '/config/modelFile', message: 'is missing', expected: 'modelFile, or modelFiles for a model in several parts' }]
  const extensions: readonly string[] = extensionsOf[modelFormat]
  if (modelFile === undefined || extensions.length === 0 || extensions.some((extension) => modelFile.endsWith(extension))) return []
  const expected = `a file that ends in ${extensions.join(' or ')}`
  return [{ path: '/config/modelFile', message: `is no ${modelFormat} file by its name`, expected }]
}

export const model = defineManifest(
  Type.Object({
    ...commonMembers('model'),
    config,
    modelCard: Type.Optional(modelCard),
    benchmarks: Type.Optional(mapOf(Type.Union([Type.String({ maxLength: 1000 }), Type.Number()]))),
  }),
  findCommonProblems,
  findModelProblems,
)
