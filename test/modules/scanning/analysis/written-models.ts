import { zipOf } from './pack-archive.ts'

interface WrittenModel {
  readonly fileName: string
  readonly isBad: boolean
  readonly bytes: Buffer
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

/** A safetensors file: the header as given, and so many bytes behind it. */
export function safetensorsOf(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  return Buffer.concat([u64(json.length), json, Buffer.alloc(dataBytes)])
}

function ggufOf(pairs: Readonly<Record<string, string>>, tensors = 0): Buffer {
  const entries = Object.entries(pairs).flatMap(([key, value]) => [text(key), u32(8), text(value)])
  const described = Array.from({ length: tensors }, (_, index) => [text(`blk.${index}`), u32(1), u64(4), u32(0), u64(0)]).flat()
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(Object.keys(pairs).length), ...entries, ...described])
}

const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
}
const onnx = Buffer.concat([
  Buffer.from([8, 9]),
  field(2, 'exporter'),
  field(7, 'a graph, to whoever reads it'),
  field(8, Buffer.from([16, 21])),
])
const kerasOf = (layers: readonly unknown[]): Buffer =>
  zipOf([
    { name: 'metadata.json', content: '{"keras_version":"3.5.0"}' },
    { name: 'config.json', content: JSON.stringify({ module: 'keras', class_name: 'Sequential', config: { name: 'model', layers } }) },
    { name: 'model.weights.h5', content: Buffer.from('\x89HDF\r\n\x1a\n', 'latin1') },
  ])
const dense = { module: 'keras.layers', class_name: 'Dense', config: { units: 4, activation: 'relu' } }
const hdf5 = (config: string): Buffer =>
  Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(3000), Buffer.from(config), Buffer.alloc(3000)])
const tensor = { weight: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] }, __metadata__: { format: 'pt' } }
const jinjaEscape = "{{ cycler.__init__.__globals__.os.popen('echo inert') }}"

/** Models that need no Python to be written. */
export const writtenModels: readonly WrittenModel[] = [
  { fileName: 'fine.safetensors', isBad: false, bytes: safetensorsOf(tensor, 16) },
  { fileName: 'empty.safetensors', isBad: false, bytes: safetensorsOf({ __metadata__: { format: 'np' } }, 0) },
  { fileName: 'short.safetensors', isBad: true, bytes: safetensorsOf(tensor, 8) },
  {
    fileName: 'overlap.safetensors',
    isBad: true,
    bytes: safetensorsOf({ ...tensor, second: { dtype: 'F32', shape: [2], data_offsets: [8, 16] } }, 16),
  },
  { fileName: 'no-json.safetensors', isBad: true, bytes: safetensorsOf('{"weight": ', 16) },
  {
    fileName: 'shape.safetensors',
    isBad: true,
    bytes: safetensorsOf({ weight: { dtype: 'F32', shape: [9, 9], data_offsets: [0, 16] } }, 16),
  },
  { fileName: 'huge-header.safetensors', isBad: true, bytes: Buffer.concat([u64(2n ** 62n), Buffer.from('{}')]) },
  { fileName: 'pickle.safetensors', isBad: true, bytes: Buffer.from("\x80\x04cos\nsystem\n(S'echo inert'\ntR.", 'latin1') },
  {
    fileName: 'fine.gguf',
    isBad: false,
    bytes: ggufOf({ 'general.architecture': 'llama', 'tokenizer.chat_template': '{{ messages[0].content }}' }, 2),
  },
  { fileName: 'template.gguf', isBad: true, bytes: ggufOf({ 'general.architecture': 'llama', 'tokenizer.chat_template': jinjaEscape }) },
  { fileName: 'counts.gguf', isBad: true, bytes: Buffer.concat([Buffer.from('GGUF'), u32(3), u64(2n ** 60n), u64(2n ** 60n)]) },
  { fileName: 'other.gguf', isBad: true, bytes: Buffer.from('not a model at all, but a text that goes on and on') },
  { fileName: 'fine.onnx', isBad: false, bytes: onnx },
  { fileName: 'other.onnx', isBad: true, bytes: Buffer.from('<html><body>Not found</body></html>') },
  { fileName: 'cut.onnx', isBad: true, bytes: onnx.subarray(0, 12) },
  { fileName: 'fine.keras', isBad: false, bytes: kerasOf([dense]) },
  {
    fileName: 'lambda.keras',
    isBad: true,
    bytes: kerasOf([
      dense,
      {
        module: 'keras.layers',
        class_name: 'Lambda',
        config: { function: { class_name: '__lambda__', config: { code: '4wEAAAAAAAAA' } } },
      },
    ]),
  },
  {
    fileName: 'calls.keras',
    isBad: true,
    bytes: kerasOf([{ module: 'os', class_name: 'function', config: 'system', registered_name: 'system' }]),
  },
  { fileName: 'fine.h5', isBad: false, bytes: hdf5(JSON.stringify({ class_name: 'Sequential', config: { layers: [dense] } })) },
  {
    fileName: 'lambda.h5',
    isBad: true,
    bytes: hdf5('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}}'),
  },
  { fileName: 'tokenizer_config.json', isBad: true, bytes: Buffer.from(JSON.stringify({ chat_template: jinjaEscape })) },
  { fileName: 'config.json', isBad: false, bytes: Buffer.from(JSON.stringify({ model_type: 'bert', architectures: ['BertModel'] })) },
]
