import { Type } from '@sinclair/typebox'
import { text } from './manifest-formats.ts'

/** A path inside the artifact that ends in one of the extensions. */
export const fileEndingIn = (...extensions: readonly string[]) => ({
  ...text('path'),
  pattern: `[^/](?:${extensions.map((extension) => extension.replace('.', '\\.')).join('|')})$`,
  expected: `a relative path that ends in ${extensions.join(' or ')}`,
})

export const wasmFile = fileEndingIn('.wasm')

export const runtimePermissions = Type.Object({
  maxMemory: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^[0-9]+(?:\\.[0-9]+)? ?(?:[KMGT]i?)?B$',
      expected: 'an amount of memory such as 512MB or 1GiB',
    }),
  ),
  maxCpu: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^[0-9]+(?:\\.[0-9]+)? ?(?:cores?|m)?$',
      expected: 'an amount of processor such as 2cores or 500m',
    }),
  ),
  allowedDomains: Type.Optional(Type.Array(text('host'), { maxItems: 1000 })),
})
