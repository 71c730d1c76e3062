import { Type } from '@sinclair/typebox'
import { capabilities, commonMembers, findCommonProblems, mapOf } from './common-members.ts'
import { wasmFile } from './file-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'

export const moduleNode = defineManifest(
  Type.Object({
    ...commonMembers('module-node'),
    config: Type.Object({
      type: Type.Optional(Type.Literal('node')),
      entry: text('path'),
      nodeVersion: Type.Optional(text('range')),
      capabilities: Type.Optional(capabilities),
    }),
  }),
  findCommonProblems,
)

export const moduleOci = defineManifest(
  Type.Object({
    ...commonMembers('module-oci'),
    config: Type.Object({
      type: Type.Optional(Type.Literal('oci')),
      image: text('image'),
      platforms: Type.Optional(
        Type.Array(
          Type.String({ maxLength: 100, pattern: '^[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?$', expected: 'a platform such as linux/arm64' }),
          {
            maxItems: 100,
          },
        ),
      ),
      entrypoint: Type.Optional(Type.Array(Type.String({ maxLength: 10_000 }), { maxItems: 1000 })),
      command: Type.Optional(Type.Array(Type.String({ maxLength: 10_000 }), { maxItems: 1000 })),
      ports: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 1000 })),
      env: Type.Optional(mapOf(Type.String({ maxLength: 10_000 }))),
      capabilities: Type.Optional(capabilities),
    }),
  }),
  findCommonProblems,
)

export const moduleWasm = defineManifest(
  Type.Object({
    ...commonMembers('module-wasm'),
    config: Type.Object({
      type: Type.Optional(Type.Literal('wasm')),
      wasmFile,
      wasi: Type.Optional(Type.Boolean()),
      capabilities: Type.Optional(capabilities),
    }),
  }),
  findCommonProblems,
)
