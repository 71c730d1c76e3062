import type { Bump, Change } from '../../change.ts'
import { pointer, type Report } from '../report.ts'
import { compareEnvironment } from './compare-environment.ts'
import type { Image, ImageConfig } from './read-image.ts'

interface Pair<T> {
  readonly before: T
  readonly after: T
}

/** What those notice who run an image, or build on it. */
export function compareImages({ before, after }: Pair<Image>, report: Report): void {
  for (const [platform, config] of before.platforms) {
    const path = pointer('platforms', platform)
    const other = after.platforms.get(platform)
    if (!after.platforms.has(platform))
      report({ path, rule: 'platform-removed', bump: 'major', message: `there is no image for ${platform} any more` })
    else if (config && other) compareConfigs({ before: config, after: other }, (change) => report({ ...change, path: path + change.path }))
  }
  for (const platform of after.platforms.keys())
    if (!before.platforms.has(platform))
      report({ path: pointer('platforms', platform), rule: 'platform-added', bump: 'minor', message: `there is an image for ${platform}` })
  if (before.platforms.size === 0 && after.platforms.size === 0) compareArtifacts({ before, after }, report)
}

/** Charts, bundles and whatever else is pushed as an image and is none. */
function compareArtifacts({ before, after }: Pair<Image>, report: Report): void {
  const [was, is] = [before.artifactType, after.artifactType]
  if (was !== is)
    report({ path: '/artifactType', rule: 'artifact-type-changed', bump: 'major', message: `was ${was}, is ${is}`, before: was, after: is })
  for (const [file, digest] of before.files) {
    const path = pointer('files', file)
    if (!after.files.has(file)) report({ path, rule: 'file-removed', bump: 'major', message: `${file} is gone` })
    else if (after.files.get(file) !== digest) report({ path, rule: 'content-changed', bump: 'patch', message: `${file} changed` })
  }
  for (const file of after.files.keys())
    if (!before.files.has(file)) report({ path: pointer('files', file), rule: 'file-added', bump: 'minor', message: `${file} is new` })
}

function compareConfigs(pair: Pair<ImageConfig>, report: Report): void {
  const { before, after } = pair
  compareProcess(pair, report)
  compareUsers(pair, report)
  compareSets({ before: before.ports, after: after.ports }, { what: 'port', removed: 'major', added: 'minor' }, report)
  compareSets({ before: before.volumes, after: after.volumes }, { what: 'volume', removed: 'minor', added: 'minor' }, report)
  compareEnvironment(before.env, after.env, report)
  compareBase(pair, report)
  compareLayers(pair, report)
}

function compareProcess({ before, after }: Pair<ImageConfig>, report: Report): void {
  const said = (words: readonly string[]) => (words.length === 0 ? 'nothing' : words.join(' '))
  const changed = (name: string, bump: Bump, values: Pair<readonly string[]>): Change => ({
    ...{ path: `/config/${name}`, rule: `${name}-changed`, bump },
    ...{ message: `${name} was ${said(values.before)}, is ${said(values.after)}`, before: values.before, after: values.after },
  })
  if (!sameWords(before.entrypoint, after.entrypoint))
    report(changed('entrypoint', 'major', { before: before.entrypoint, after: after.entrypoint }))
  // With an entrypoint these are arguments, which most who care give themselves; without one they are the program.
  const isProgram = before.entrypoint.length === 0 && before.command.length > 0
  if (!sameWords(before.command, after.command))
    report(changed('command', isProgram ? 'major' : 'minor', { before: before.command, after: after.command }))
  if (before.workingDir !== after.workingDir)
    report(changed('working-dir', 'major', { before: [before.workingDir], after: [after.workingDir] }))
  if (before.stopSignal !== after.stopSignal)
    report(changed('stop-signal', 'minor', { before: [before.stopSignal], after: [after.stopSignal] }))
  if (before.hasHealthcheck !== after.hasHealthcheck) {
    const rule = after.hasHealthcheck ? 'healthcheck-added' : 'healthcheck-removed'
    report({
      path: '/config/healthcheck',
      rule,
      bump: 'minor',
      message: after.hasHealthcheck ? 'there is a health check' : 'there is no health check any more',
    })
  }
}

const sameWords = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((word, index) => word === other[index])

const isRoot = (user: string): boolean => /^(?:|0|root)(?::|$)/.test(user)

/** Files of volumes belong to the old user; root may read them all. */
function compareUsers({ before, after }: Pair<ImageConfig>, report: Report): void {
  if (before.user === after.user || (isRoot(before.user) && isRoot(after.user))) return
  const [rule, bump] = isRoot(after.user) ? (['user-became-root', 'minor'] as const) : (['user-changed', 'major'] as const)
  const shown = (user: string) => (user === '' ? 'root' : user)
  const message = `ran as ${shown(before.user)}, runs as ${shown(after.user)}`
  report({ path: '/config/user', rule, bump, message, before: before.user, after: after.user })
}

interface SetRule {
  readonly what: 'port' | 'volume'
  readonly removed: Bump
  readonly added: Bump
}

function compareSets({ before, after }: Pair<ReadonlySet<string>>, { what, removed, added }: SetRule, report: Report): void {
  for (const value of before)
    if (!after.has(value))
      report({
        path: pointer('config', what, value),
        rule: `${what}-removed`,
        bump: removed,
        message: `the ${what} ${value} is no longer declared`,
      })
  for (const value of after)
    if (!before.has(value))
      report({ path: pointer('config', what, value), rule: `${what}-added`, bump: added, message: `the ${what} ${value} is declared` })
}

const baseName = 'org.opencontainers.image.base.name'
const baseDigest = 'org.opencontainers.image.base.digest'
const repositoryOf = (name: string): string => name.replace(/@.*$/, '').replace(/:[^/:]*$/, '')

/** Another base has other tools and another C library; another tag of it is an update. */
function compareBase({ before, after }: Pair<ImageConfig>, report: Report): void {
  const [was, is] = [before.labels.get(baseName), after.labels.get(baseName)]
  const path = pointer('config', 'labels', baseName)
  if (was !== undefined && is !== undefined && was !== is) {
    const isOther = repositoryOf(was) !== repositoryOf(is)
    const rule = isOther ? 'base-changed' : 'base-tag-changed'
    report({ path, rule, bump: isOther ? 'major' : 'minor', message: `is built on ${is}, was on ${was}`, before: was, after: is })
  } else if (before.labels.get(baseDigest) !== after.labels.get(baseDigest))
    report({
      path: pointer('config', 'labels', baseDigest),
      rule: 'base-updated',
      bump: 'patch',
      message: 'is built on other bytes of its base',
    })
}

function compareLayers({ before, after }: Pair<ImageConfig>, report: Report): void {
  if (sameWords(before.layers, after.layers)) return
  const same = before.layers.findIndex((layer, index) => layer !== after.layers[index])
  const common = same < 0 ? before.layers.length : same
  report({
    ...{ path: '/rootfs', rule: 'layers-changed', bump: 'patch' },
    message: `${common} of ${after.layers.length} layers are those of before`,
    ...{ before: before.layers.length, after: after.layers.length },
  })
}
