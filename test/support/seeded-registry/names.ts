import type { ArtifactFormat, ArtifactType } from '../../../src/shared/types/artifact-type.ts'
import type { Seeded } from '../seeded.ts'
import type { Topic } from './topics.ts'

type Words = readonly [string, ...string[]]
const words = (text: string) => text.split(' ') as unknown as Words

const beginnings = words(
  'ar bel cor dal el fen gal hal ir jun kel lum mar nor ob pel quil ros sol tal ur vel wil xen yar zel am bra cri dro eri fla gri hel isk jor kra lan mel nim ori pra ril sta tri und vor wen yol zan',
)
const endings = words(
  'ba co da fy go hub ix jo ka lo mi na on pa qo ra so ti um va wa xo ya za bit dex fer gen lyn mon nix pod rex sys tor vex wire zen dock leaf path stone wave field forge lane mark spark',
)
const givenNames = words(
  'ada alan amara anders bao carla chidi dana deniz elif emeka farah grace hiro ines ivan jana jonas kavya krishna lars leila linus mei milan nadia nico olga omar paula priya quentin ravi rosa sami sven tara tomas uma vera wim ximena yara yusuf zoe',
)
const familySuffixes = words(
  'core cli utils types client server react vue svelte plugin sdk api common helpers config testing node web native schema adapter loader docs theme preset runtime compat extra lite next parser',
)
const organizationEndings = words('labs hq team works systems cloud soft studio data io dev group')
const modelSizes = words('0.5b 1b 3b 7b 8b 13b 34b 70b base small large xl')
const modelKinds = words('instruct chat base uncased finetuned distilled gguf awq int8 multilingual')
const imageBases = words('alpine debian slim distroless ubi bookworm')

/** Words of nobody, rarer from the first on; whoever has one in the description is found by it, and nobody else. */
export const markers: Words = words(
  'qorvex zuphyx qilmax zorbax qendrix zaltux quvornix zimbrox qastrux zendorix qolpax zyrtex qumbax zeftrox qindlex zopfax quertox zilphex qarvux zundrax',
)

export const brand = (seeded: Seeded): string => beginnings[seeded.rank(beginnings.length)] + seeded.pick(endings)

export const personName = (seeded: Seeded): string =>
  seeded.chance(60) ? `${seeded.pick(givenNames)}-${brand(seeded)}` : `${seeded.pick(givenNames)}${brand(seeded)}`

export const organizationName = (seeded: Seeded): string => `${brand(seeded)}-${seeded.pick(organizationEndings)}`

const partOf = (seeded: Seeded, { parts }: Topic): string => seeded.pick(parts as Words)

const endingsOfTypes: Partial<Record<ArtifactType, Words>> = {
  plugin: words('plugin addon extension'),
  agent: words('agent assistant copilot bot'),
  template: words('template starter boilerplate kit'),
  snapshot: words('env snapshot devbox'),
  transformer: words('transformer upgrade codemod'),
  'module-wasm': words('wasm rs wasi'),
  'module-external': words('bridge connector api'),
}

/** As people name such things: families of one brand, parts that say what it is, models by their size. */
export function artifactName(seeded: Seeded, topic: Topic, kind: { readonly type: ArtifactType; readonly format: ArtifactFormat }): string {
  if (kind.format === 'model') return [brand(seeded), partOf(seeded, topic), seeded.pick(modelSizes), seeded.pick(modelKinds)].join('-')
  const stem = stemOf(seeded, topic)
  const ending = endingsOfTypes[kind.type]
  if (ending && seeded.chance(60)) return `${stem}-${seeded.pick(ending)}`
  if (kind.format === 'oci' && seeded.chance(30)) return `${seeded.pick(['team', 'apps', 'base', 'tools'])}/${stem}`
  return kind.format === 'oci' && seeded.chance(15) ? `${stem}-${seeded.pick(imageBases)}` : stem
}

function stemOf(seeded: Seeded, topic: Topic): string {
  const shape = seeded.below(100)
  if (shape < 12) return brand(seeded)
  if (shape < 45) return `${brand(seeded)}-${seeded.pick(familySuffixes)}`
  if (shape < 65) return `${brand(seeded)}-${partOf(seeded, topic)}`
  if (shape < 80) return `${partOf(seeded, topic)}-${seeded.pick(familySuffixes)}`
  return `${brand(seeded)}-${partOf(seeded, topic)}-${seeded.pick(familySuffixes)}`
}
