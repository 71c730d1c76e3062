import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { AuditedPackages, isObject, isPackageName } from './audited-packages.ts'
import { AuditInvalid } from './errors.ts'

/** Where a package stands in the tree: what leads to it, joined with `>` as clients show it. */
export interface Place {
  readonly path: string
  readonly dev: boolean
  readonly optional: boolean
  readonly bundled: boolean
}

export interface DependencyTree {
  readonly packages: AuditedPackages
  /** By `name@version`. */
  readonly places: ReadonlyMap<string, readonly Place[]>
  readonly counts: { readonly dependencies: number; readonly devDependencies: number; readonly optionalDependencies: number }
}

/** The tree that npm 6 and yarn 1 send: `{ name, version, requires, dependencies: { <name>: { version, dev, dependencies, … } } }`. */
export async function readDependencyTree(body: unknown): Promise<DependencyTree> {
  if (!isObject(body)) throw new AuditInvalid('an object with `dependencies`')
  const packages = new AuditedPackages()
  const turn = new LoopTurn()
  const places = new Map<string, Place[]>()
  const counts = { dependencies: 0, devDependencies: 0, optionalDependencies: 0 }
  for (const { name, version, place } of nodesBelow(body, '')) {
    if (turn.isOver) await turn.next()
    packages.add(name, version)
    addTo(places, `${name}@${version}`, place)
    counts[place.dev ? 'devDependencies' : place.optional ? 'optionalDependencies' : 'dependencies'] += 1
  }
  return { packages, places, counts }
}

/** JSON this deep was refused before, so that the recursion ends. */
function* nodesBelow(node: Record<string, unknown>, path: string): Generator<{ name: string; version: string; place: Place }> {
  const { dependencies } = node
  for (const [name, child] of isObject(dependencies) ? Object.entries(dependencies) : []) {
    if (!isObject(child) || !isPackageName(name)) continue
    const place = placeOf(child, pathTo(path, name))
    if (typeof child['version'] === 'string') yield { name, version: child['version'], place }
    yield* nodesBelow(child, place.path)
  }
}

/** People read it; what is longer is not the way to anything they know. */
const maxPathLength = 2_000
const pathTo = (path: string, name: string): string => (path === '' ? name : path.length > maxPathLength ? `…>${name}` : `${path}>${name}`)

const placeOf = (child: Record<string, unknown>, path: string): Place => ({
  path,
  dev: child['dev'] === true,
  optional: child['optional'] === true,
  bundled: child['bundled'] === true,
})

/** Of one version in an answer. */
const maxPlaces = 1_000

function addTo(places: Map<string, Place[]>, key: string, place: Place): void {
  const known = places.get(key)
  if (known && known.length < maxPlaces) known.push(place)
  else if (!known) places.set(key, [place])
}
