import { cataloged, parseOsRelease } from './open-scanning.ts'

type Files = Readonly<Record<string, string | Buffer | object>>

/** As the walk of an archive hands them to catalogers; objects as JSON. */
export const filesOf = (files: Files): Map<string, Buffer> =>
  new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    ]),
  )

/** What is found in these files, sorted. */
export const purls = (files: Files, osRelease = ''): string[] =>
  cataloged(filesOf(files), parseOsRelease(osRelease))
    .map(({ purl }) => purl)
    .sort()
