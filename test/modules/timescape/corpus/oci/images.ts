import type { Bump } from '../../../../../src/modules/timescape/change.ts'

/** `config` of an image configuration, its layers, and the platform it is for. */
export interface WrittenImage {
  readonly platform?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly layers?: readonly string[]
}

export interface ImagePair {
  readonly name: string
  readonly bump: Bump
  readonly rules: readonly string[]
  /** Several are put into an index. */
  readonly before: readonly WrittenImage[]
  readonly after: readonly WrittenImage[]
}

const base = {
  Entrypoint: ['/entry'],
  Cmd: ['serve'],
  WorkingDir: '/srv',
  Env: ['PATH=/opt/app/bin:/usr/bin', 'APP_HOME=/srv', 'NODE_VERSION=24.1.0'],
}
const pair = (name: string, [bump, ...rules]: readonly [Bump, ...string[]], [before, after]: readonly [object, object]): ImagePair => ({
  ...{ name, bump, rules },
  before: [{ config: { ...base, ...before } }],
  after: [{ config: { ...base, ...after } }],
})
const env = (...lines: readonly string[]) => ({ Env: lines })
const baseOf = (name: string) => ({ Labels: { 'org.opencontainers.image.base.name': name } })

export const images: readonly ImagePair[] = [
  {
    ...{ name: 'a platform is lost', bump: 'major', rules: ['platform-removed'] },
    before: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    after: [{ platform: 'linux/amd64' }],
  },
  {
    ...{ name: 'an image becomes an index with one more platform', bump: 'minor', rules: ['platform-added'] },
    before: [{ platform: 'linux/amd64' }],
    after: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64/v8' }],
  },
  {
    ...{ name: 'layers were built again', bump: 'patch', rules: ['layers-changed'] },
    before: [{ config: base, layers: ['a', 'b', 'c'] }],
    after: [{ config: base, layers: ['a', 'b', 'd', 'e'] }],
  },
  pair('another entrypoint', ['major', 'entrypoint-changed'], [{}, { Entrypoint: ['/other'] }]),
  pair('other default arguments', ['minor', 'command-changed'], [{}, { Cmd: ['serve', '--fast'] }]),
  pair('another default program', ['major', 'command-changed'], [{ Entrypoint: null }, { Entrypoint: null, Cmd: ['work'] }]),
  pair('root no longer', ['major', 'user-changed'], [{}, { User: '1000:1000' }]),
  pair('root by another name', ['none'], [{ User: '0' }, { User: 'root' }]),
  pair('a port is gone', ['major', 'port-removed'], [{ ExposedPorts: { '80/tcp': {} } }, {}]),
  pair('a port is new', ['minor', 'port-added'], [{ ExposedPorts: { '80/tcp': {} } }, { ExposedPorts: { '80/tcp': {}, '443/tcp': {} } }]),
  pair('a variable is gone', ['major', 'env-removed'], [{}, env('PATH=/opt/app/bin:/usr/bin', 'NODE_VERSION=24.1.0')]),
  pair(
    'the version in a variable goes up',
    ['patch', 'env-changed'],
    [{}, env('PATH=/opt/app/bin:/usr/bin', 'APP_HOME=/srv', 'NODE_VERSION=24.2.0')],
  ),
  pair('a folder is no longer on the PATH', ['major', 'path-narrowed'], [{}, env('PATH=/usr/bin', 'APP_HOME=/srv', 'NODE_VERSION=24.1.0')]),
  pair('another working directory', ['major', 'working-dir-changed'], [{}, { WorkingDir: '/app' }]),
  pair('another base', ['major', 'base-changed'], [baseOf('docker.io/library/debian:13'), baseOf('docker.io/library/alpine:3.23')]),
  pair('a newer base', ['minor', 'base-tag-changed'], [baseOf('docker.io/library/debian:13'), baseOf('docker.io/library/debian:14')]),
  pair(
    'another stop signal and a health check',
    ['minor', 'stop-signal-changed', 'healthcheck-added'],
    [{}, { StopSignal: 'SIGQUIT', Healthcheck: { Test: ['CMD', '/check'] } }],
  ),
]
