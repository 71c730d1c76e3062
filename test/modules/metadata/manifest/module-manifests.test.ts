import { accepts, rejects, removed } from './manifest-cases.ts'
import { seedManifests } from './seed-manifests.ts'

const named = { name: 'user-auth', version: '2.1.0' }
const digest = `sha256:${'a'.repeat(64)}`

const node = { ...named, config: { type: 'node', entry: 'dist/index.js', nodeVersion: '>=20' } }
accepts('module-node', {
  'with everything': node,
  'with an entry alone': { ...named, config: { entry: './index.mjs' } },
  'with members nobody knows in its config': { ...named, config: { entry: 'index.js', esm: true, targets: ['es2024'] } },
})
rejects('module-node', node, {
  'no config': { path: '/config', to: removed },
  'a config that is a list': { path: '/config', to: [] },
  'no entry': { path: '/config/entry', to: removed },
  'an entry outside': { path: '/config/entry', to: '../index.js' },
  'an absolute entry': { path: '/config/entry', to: '/etc/passwd' },
  'an entry on a drive': { path: '/config/entry', to: 'C:/x.js' },
  'an entry with backslashes': { path: '/config/entry', to: 'dist\\index.js' },
  'the config of another kind': { path: '/config/type', to: 'wasm' },
  'a node version that is a name': { path: '/config/nodeVersion', to: 'lts' },
  'a node version that is a number': { path: '/config/nodeVersion', to: 18 },
})

const oci = {
  ...named,
  config: {
    type: 'oci',
    image: `ghcr.example:5000/acme/api:1.2.3@${digest}`,
    platforms: ['linux/amd64', 'linux/arm/v7'],
    ports: [8080],
    env: { A: 'b' },
  },
}
accepts('module-oci', {
  'with everything': oci,
  'with an image of one segment': { ...named, config: { image: 'nginx' } },
  'with a digest and a command': {
    ...named,
    config: { image: `acme/team/api@${digest}`, entrypoint: ['/bin/api'], command: ['--port', '80'] },
  },
})
rejects('module-oci', oci, {
  'no image': { path: '/config/image', to: removed },
  'an image in capitals': { path: '/config/image', to: 'Acme/API:1' },
  'an image with a short digest': { path: '/config/image', to: 'acme/api@sha256:abc' },
  'an image that is a URL': { path: '/config/image', to: 'https://example.org/acme/api' },
  'a platform without architecture': { path: '/config/platforms/0', to: 'linux' },
  'a port of 0': { path: '/config/ports/0', to: 0 },
  'a port as text': { path: '/config/ports/0', to: '8080' },
  'a variable that is a number': { path: '/config/env/A', to: 1 },
  'an entrypoint in one text': { path: '/config/entrypoint', to: '/bin/api --port 80' },
})

const wasm = seedManifests['module-wasm']
accepts('module-wasm', {
  "the seed's": wasm,
  'with a file alone': { ...named, config: { wasmFile: 'a.wasm' } },
  'with a file in a folder': { ...named, config: { wasmFile: './build/release/a.b.wasm', wasi: false, capabilities: [] } },
})
rejects('module-wasm', wasm, {
  'no file': { path: '/config/wasmFile', to: removed },
  'a file of another kind': { path: '/config/wasmFile', to: 'user-auth.js' },
  'a file with an extension alone': { path: '/config/wasmFile', to: '.wasm' },
  'a file outside': { path: '/config/wasmFile', to: 'a/../../user-auth.wasm' },
  'wasi as text': { path: '/config/wasi', to: 'true' },
  'the config of another kind': { path: '/config/type', to: 'node' },
  'capabilities that are numbers': { path: '/config/capabilities/0', to: 1 },
})

const binaries = [
  { os: 'linux', arch: 'amd64', file: 'bin/linux/tool', digest },
  { os: 'windows', arch: 'x64', file: 'bin/win/tool.exe' },
]
const binary = { ...named, config: { type: 'binary', binaries, args: ['--serve'] } }
accepts('module-binary', {
  'with one executable per platform': binary,
  'with one executable': { ...named, config: { binaryFile: 'tool' } },
  'with a default and one for a platform': {
    ...named,
    config: { binaryFile: 'tool', binaries: [{ os: 'darwin', arch: 'arm64', file: 'tool-mac' }] },
  },
})
rejects('module-binary', binary, {
  'no executable': { path: '/config/binaries', to: removed, at: '/config' },
  'an empty list of executables': { path: '/config/binaries', to: [] },
  'an unknown system': { path: '/config/binaries/0/os', to: 'amiga' },
  'an unknown architecture': { path: '/config/binaries/0/arch', to: 'z80' },
  'an executable without file': { path: '/config/binaries/1/file', to: removed },
  'a file outside': { path: '/config/binaries/1/file', to: '../tool' },
  'a digest in capitals': { path: '/config/binaries/0/digest', to: `sha256:${'A'.repeat(64)}` },
  'a platform twice': { path: '/config/binaries/-', to: binaries[0], at: '/config/binaries/2' },
})

const external = {
  ...named,
  config: { type: 'external', protocol: 'grpc', endpoint: 'auth.example.org:443', authentication: 'mtls', timeoutMs: 5000 },
}
accepts('module-external', {
  'with protocol and endpoint': external,
  'with an https URL': { ...named, config: { url: 'https://auth.example.org/v1?x=1' } },
  'with an endpoint that is a URL': { ...named, config: { protocol: 'nats', endpoint: 'nats://queue.example.org:4222' } },
  'with an address of IPv6': { ...named, config: { protocol: 'tcp', endpoint: '[2001:db8::1]:9000' } },
})
rejects('module-external', external, {
  'an empty config': { path: '/config', to: {} },
  'no protocol': { path: '/config/protocol', to: removed },
  'no endpoint': { path: '/config/endpoint', to: removed },
  'an unknown protocol': { path: '/config/protocol', to: 'gopher' },
  'a plain http URL': { path: '/config/url', to: 'http://auth.example.org' },
  'a URL with a password': { path: '/config/url', to: 'https://me:secret@auth.example.org' },
  'a URL that is none': { path: '/config/url', to: 'https:auth' },
  'an endpoint with a port too high': { path: '/config/endpoint', to: 'auth.example.org:70000' },
  'an endpoint with a password': { path: '/config/endpoint', to: 'amqp://me:secret@queue.example.org' },
  'an endpoint without port': { path: '/config/endpoint', to: 'auth.example.org' },
  'no time at all': { path: '/config/timeoutMs', to: 0 },
})
