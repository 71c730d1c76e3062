import { Type } from '@sinclair/typebox'

export const PackageParams = Type.Object({ package: Type.String() })
export const TagParams = Type.Object({ package: Type.String(), tag: Type.String({ maxLength: 256 }) })
export const RevisionParams = Type.Object({ package: Type.String(), rev: Type.String({ maxLength: 256 }) })
export const FileParams = Type.Object({
  package: Type.String(),
  file: Type.String({ maxLength: 512 }),
  rev: Type.String({ maxLength: 256 }),
})
export const OwnerParams = Type.Object({ package: Type.String(), user: Type.String({ maxLength: 256 }) })
export const UserParams = Type.Object({ user: Type.String({ maxLength: 256 }) })
export const TeamParams = Type.Object({ org: Type.String({ maxLength: 256 }), team: Type.String({ maxLength: 256 }) })

export const Done = Type.Object({ ok: Type.Boolean() })

/** Whether a user may publish or only read, by package or user. */
export const Permissions = Type.Record(Type.String(), Type.String())

export const done = { ok: true }

/** Never an object literal: a package or user may be called like something every object has. */
export const permissionsOf = (entries: Iterable<readonly [string, boolean]>): Record<string, string> =>
  Object.fromEntries([...entries].map(([name, writes]) => [name, writes ? 'write' : 'read']))
