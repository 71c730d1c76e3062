export const doors = ['npm', 'oci', 'huggingface', 'grpc', 'graphql', 'web', 'rest'] as const
/** How somebody came: `rest` is whatever has no door of its own, and what no request asked for. */
export type Door = (typeof doors)[number]

const known: ReadonlySet<string> = new Set(doors)

export const doorOf = (module: string | undefined): Door => (module !== undefined && known.has(module) ? (module as Door) : 'rest')

/** `npm/11.0.0 node/v24.15.0 linux x64`, `pnpm/10.1.0 npm/? node/v24.1.0 linux x64`, `yarn/1.22.22 npm/? node/v20.0.0 linux x64`, `Bun/1.2.0`. */
const installer = /^(?:npm|pnpm|yarn|bun|cnpm|deno)\//i

/** A package that a program which installs packages fetched; anything else that fetches bytes has downloaded them. */
export const isInstall = (door: Door, userAgent: string | undefined): boolean =>
  door === 'npm' && userAgent !== undefined && installer.test(userAgent)
