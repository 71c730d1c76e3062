const maxTerms = 200
const maxLength = 100

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')

/**
 * Words by which things of one kind find each other, in lower case: keywords, capabilities, and what a template is made with or a model runs on. A name
 * with a namespace stands there as a whole and without it.
 */
export function termsOf(about: Json): string[] {
  const config = isObject(about['config']) ? about['config'] : {}
  const dependencies = about['dependencies']
  const names = Array.isArray(dependencies)
    ? dependencies.flatMap((one) => (isObject(one) ? textsOf(one['name']) : []))
    : Object.keys(isObject(dependencies) ? dependencies : {})
  const said = [
    ...['keywords', 'capabilities'].flatMap((key) => textsOf(about[key])),
    ...['framework', 'language', 'runtime', 'modelFormat', 'templateType'].flatMap((key) => textsOf(config[key])),
    ...[...textsOf(config['includesModules']), ...names].flatMap(nameTerms),
  ]
  const terms = said.map(termOf).filter((term) => term !== '' && term.length <= maxLength)
  return [...new Set(terms)].slice(0, maxTerms)
}

export const termOf = (text: string): string => text.trim().toLowerCase().replaceAll('\0', '').toWellFormed()

function nameTerms(reference: string): string[] {
  const name = (reference.split(':')[0] ?? '').replace(/^(?:@|gati\.dev\/(?:users|orgs)\/)/, '')
  return name.includes('/') ? [name, name.slice(name.lastIndexOf('/') + 1)] : [name]
}
