import { registerHooks } from 'node:module'
import { extname } from 'node:path'

const extension = extname(import.meta.url)
const entries: Readonly<Record<string, string>> = {
  'gati-registry/kernel': `./index${extension}`,
  'gati-registry/kernel/migration': `./migration${extension}`,
  'gati-registry/testing': `../testing/index${extension}`,
}
const contract = /^gati-registry\/contracts\/([a-z0-9-]+)$/

function ownFile(specifier: string): string | undefined {
  const named = contract.exec(specifier)?.[1]
  return named === undefined ? entries[specifier] : `../../modules/${named}/contract${extension}`
}

/**
 * Third-party modules import `gati-registry/kernel` wherever they are installed; they get this very kernel, not a second copy,
 * and in a checkout they get its sources.
 */
export function resolveOwnPackage(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const file = ownFile(specifier)
      return file === undefined ? next(specifier, context) : { url: new URL(file, import.meta.url).href, shortCircuit: true }
    },
  })
}
