import { readFileSync } from 'node:fs'
import { extname } from 'node:path'

const manifest = new URL(extname(import.meta.url) === '.ts' ? '../../../package.json' : '../../../../package.json', import.meta.url)

/** Of the registry, from its package.json. */
export const version: string = JSON.parse(readFileSync(manifest, 'utf8')).version
