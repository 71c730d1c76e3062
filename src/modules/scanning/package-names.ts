/**
 * Red Hat names every stream of a product (`Red Hat:enterprise_linux:9::appstream`), an image only says which product it is; SUSE writes service packs
 * as an image does not. What an image can be asked about is what stays.
 */
export function normalEcosystem(ecosystem: string): string {
  const [, redHat] = /^Red Hat:[a-z_]+:(\d+)/.exec(ecosystem) ?? []
  return redHat === undefined ? ecosystem : `Red Hat:${redHat}`
}

/** One package has one spelling: PEP 503, and what Packagist compares without case. */
export function normalName(ecosystem: string, name: string): string {
  if (ecosystem === 'PyPI') return name.toLowerCase().replace(/[-_.]+/g, '-')
  return ecosystem === 'Packagist' ? name.toLowerCase() : name
}
