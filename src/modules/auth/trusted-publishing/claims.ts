import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { PublisherType } from '../trusted-publishing.contract.ts'
import { PublisherInvalid } from './errors.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface Mismatch {
  readonly reason: string
  /** The token comes from where the publisher says, so that its owner may know what else is wanted. */
  readonly isNear: boolean
}

/** How a type of publishers is written down, and compared with the claims of a token. */
interface Kind {
  readonly schema: TSchema
  readonly expected: string
  compare(wanted: Claims, token: Claims, issuer: string): Mismatch | undefined
  /** Stays the same when a repository is renamed, and differs when its name is taken by another one later. */
  readonly lastingId?: string
}

const exactly = { additionalProperties: false }
/** No control characters: neither tables nor terminals like them. */
const printable = '^[^\\u0000-\\u001f\\u007f]+$'
const text = Type.String({ pattern: printable, maxLength: 255 })
const file = Type.Object({ file: Type.String({ pattern: '^[^/\\\\@\\s]{1,200}\\.ya?ml$' }) }, exactly)

const GitHub = Type.Object(
  {
    repository: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$' }),
    workflow_ref: file,
    environment: Type.Optional(text),
  },
  exactly,
)
const GitLab = Type.Object(
  {
    project_path: Type.String({ pattern: '^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$', maxLength: 255 }),
    ci_config_ref_uri: file,
    environment: Type.Optional(text),
  },
  exactly,
)
const inCircle = {
  org: 'oidc.circleci.com/org-id',
  project: 'oidc.circleci.com/project-id',
  pipeline: 'oidc.circleci.com/pipeline-definition-id',
  origin: 'oidc.circleci.com/vcs-origin',
  contexts: 'oidc.circleci.com/context-ids',
} as const
const CircleCi = Type.Object(
  {
    ...{ [inCircle.org]: text, [inCircle.project]: text, [inCircle.pipeline]: text, [inCircle.origin]: text },
    [inCircle.contexts]: Type.Optional(Type.Array(text, { maxItems: 50 })),
  },
  exactly,
)
const Custom = Type.Record(Type.String({ pattern: printable }), text, { additionalProperties: false, minProperties: 1, maxProperties: 20 })

/** `null` and absent are one. */
const claim = (claims: Claims, name: string): unknown => (Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined)
const shown = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 200) : value === undefined ? 'none' : 'something else'

function differs(name: string, wanted: unknown, found: unknown): string | undefined {
  return wanted === undefined || wanted === found ? undefined : `${name} is ${shown(found)}, the trusted publisher wants ${shown(wanted)}`
}

const near = (reason: string | undefined): Mismatch | undefined => (reason === undefined ? undefined : { reason, isNear: true })
const far = (reason: string | undefined): Mismatch | undefined => (reason === undefined ? undefined : { reason, isNear: false })

/** `<before><file>@<ref>`; a ref may hold anything. */
function fileIn(uri: unknown, before: string): string | undefined {
  if (typeof uri !== 'string' || !uri.startsWith(before)) return undefined
  return uri.slice(before.length).split('@')[0]
}

const kinds: Readonly<Record<PublisherType, Kind>> = {
  github: {
    schema: GitHub,
    expected: '`repository` as owner/name, `workflow_ref.file` ending in .yml or .yaml, and maybe `environment`',
    lastingId: 'repository_id',
    compare(wanted, token) {
      const { repository, workflow_ref, environment } = wanted as Static<typeof GitHub>
      // The workflow that was started, in the repository itself: the one of a job may belong to somebody else.
      const ref = claim(token, 'workflow_ref') ?? claim(token, 'job_workflow_ref')
      return (
        far(differs('repository', repository, claim(token, 'repository'))) ??
        near(differs('workflow file', workflow_ref.file, fileIn(ref, `${repository}/.github/workflows/`))) ??
        near(differs('environment', environment, claim(token, 'environment')))
      )
    },
  },
  gitlab: {
    schema: GitLab,
    expected: '`project_path` as group/project, `ci_config_ref_uri.file` ending in .yml or .yaml, and maybe `environment`',
    lastingId: 'project_id',
    compare(wanted, token, issuer) {
      const { project_path, ci_config_ref_uri, environment } = wanted as Static<typeof GitLab>
      const found = fileIn(claim(token, 'ci_config_ref_uri'), `${hostOf(issuer)}/${project_path}//`)
      return (
        far(differs('project', project_path, claim(token, 'project_path'))) ??
        near(differs('pipeline file', ci_config_ref_uri.file, found)) ??
        near(differs('environment', environment, claim(token, 'environment')))
      )
    },
  },
  circleci: {
    schema: CircleCi,
    expected: 'the claims org-id, project-id, pipeline-definition-id and vcs-origin of oidc.circleci.com, and maybe context-ids',
    compare(wanted, token) {
      const differing = (name: string) => differs(name, claim(wanted, name), claim(token, name))
      const given: unknown = claim(token, inCircle.contexts)
      const contexts = (claim(wanted, inCircle.contexts) ?? []) as readonly string[]
      const missing = contexts.find((context) => !Array.isArray(given) || !given.includes(context))
      return (
        far(differing(inCircle.org) ?? differing(inCircle.project)) ??
        near(differing(inCircle.pipeline) ?? differing(inCircle.origin)) ??
        near(missing === undefined ? undefined : `context ${missing} is missing`)
      )
    },
  },
  custom: {
    schema: Custom,
    expected: 'one claim or more with the text it has to have',
    compare(wanted, token) {
      const reasons = Object.keys(wanted).map((name) => differs(name, claim(wanted, name), claim(token, name)))
      return far(reasons.find((reason) => reason !== undefined))
    },
  },
}

/** `ci_config_ref_uri` begins with the host of the instance, and its path where it has one. */
const hostOf = (issuer: string): string => issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')

/** Throws PublisherInvalid. */
export function checkClaims(type: PublisherType, claims: Claims): void {
  if (!Value.Check(kinds[type].schema, claims)) throw new PublisherInvalid(`a publisher of type ${type} needs ${kinds[type].expected}`)
}

export interface Wanted {
  readonly type: PublisherType
  readonly issuer: string
  readonly claims: Claims
  /** `lastingIdOf` the token that was used first. */
  readonly pinned: string | null
}

/** Undefined when the token is one of the publisher. */
export function mismatchOf({ type, issuer, claims, pinned }: Wanted, token: Claims): Mismatch | undefined {
  const mismatch = kinds[type].compare(claims, token, issuer)
  if (mismatch || pinned === null || pinned === lastingIdOf(type, token)) return mismatch
  return near('its repository is not the one that published before under this name: remove the trusted publisher and add it again')
}

export function lastingIdOf(type: PublisherType, token: Claims): string | null {
  const { lastingId } = kinds[type]
  const id = lastingId === undefined ? undefined : claim(token, lastingId)
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null
}

const telling = [
  'repository',
  'workflow_ref',
  'project_path',
  'ci_config_ref_uri',
  'environment',
  inCircle.project,
  inCircle.origin,
] as const

/** Where a token says that it comes from, for people. */
export function originOf(token: Claims): string {
  const found = telling.flatMap((name) => (typeof claim(token, name) === 'string' ? [`${name} ${shown(claim(token, name))}`] : []))
  return found.length > 0 ? found.join(', ') : `subject ${shown(claim(token, 'sub'))}`
}
