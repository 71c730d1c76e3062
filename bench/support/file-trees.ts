import { zipOf } from '../../test/modules/scanning/zip-of.ts'
import { Seeded } from '../../test/support/seeded.ts'
import type { ImageFile } from './image.ts'

type Tree = Generator<ImageFile, void, undefined>

const mebibyte = 1_048_576

/** What images of a web application are made of, layer by layer. */
export function* layerTrees(): Generator<[name: string, files: Iterable<ImageFile>]> {
  yield ['distribution', distribution(new Seeded('distribution'))]
  yield ['runtime', runtime(new Seeded('runtime'))]
  yield ['python', python(new Seeded('python'))]
  yield ['dependencies', nodeModules(new Seeded('dependencies'), 'app/node_modules/', 1_500)]
  yield ['application', application(new Seeded('application'))]
}

/** An executable or library: the head of one, and what looks like machine code to a compressor. */
const binary = (seeded: Seeded, bytes: number): Buffer =>
  Buffer.concat([Buffer.from('7f454c46020101000000000000000000', 'hex'), seeded.bytes(bytes)])

function* distribution(seeded: Seeded): Tree {
  yield { path: 'etc/os-release', content: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n' }
  const packages = Array.from({ length: 430 }, (_, at) => ({
    name: `${seeded.word()}${at}`,
    version: `${seeded.version()}-${1 + seeded.below(9)}`,
  }))
  const status = packages.map(
    ({ name, version }) =>
      `Package: ${name}\nStatus: install ok installed\nSource: ${name}-src\nArchitecture: amd64\nVersion: ${version}\nDescription: ${prose(seeded, 400)}\n`,
  )
  yield { path: 'var/lib/dpkg/status', content: status.join('\n') }
  for (const { name } of packages) {
    const files = Array.from({ length: 4 + seeded.below(40) }, () => `/usr/share/${name}/${seeded.word()}`)
    yield { path: `var/lib/dpkg/info/${name}.list`, content: files.join('\n') }
    yield {
      path: `var/lib/dpkg/info/${name}.md5sums`,
      content: files.map((file) => `${seeded.bytes(16).toString('hex')}  ${file}`).join('\n'),
    }
    yield { path: `usr/share/doc/${name}/copyright`, content: prose(seeded, seeded.size(600, 40_000)) }
    yield { path: `usr/bin/${name}`, content: binary(seeded, seeded.size(8_000, 700_000)) }
    for (let at = 0; at < 3; at += 1)
      yield { path: `usr/lib/x86_64-linux-gnu/lib${name}.so.${at}`, content: binary(seeded, seeded.size(12_000, 1_000_000)) }
    for (let at = 0; at < 6; at += 1)
      yield { path: `usr/share/${name}/${seeded.word()}.conf`, content: prose(seeded, seeded.size(100, 9_000)) }
  }
}

function* runtime(seeded: Seeded): Tree {
  yield { path: 'usr/local/bin/node', content: binary(seeded, 118 * mebibyte) }
  for (let at = 0; at < 400; at += 1)
    yield { path: `usr/local/include/node/${seeded.word()}${at}.h`, content: prose(seeded, seeded.size(900, 60_000)) }
  yield* nodeModules(seeded, 'usr/local/lib/node_modules/npm/node_modules/', 190)
}

function* python(seeded: Seeded): Tree {
  for (let at = 0; at < 90; at += 1) {
    const [name, version] = [`${seeded.word()}${at}`, seeded.version()]
    const folder = 'usr/local/lib/python3.12/site-packages'
    yield {
      path: `${folder}/${name}-${version}.dist-info/METADATA`,
      content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nLicense: MIT\n\n${prose(seeded, 4_000)}`,
    }
    for (let file = 0; file < 40; file += 1)
      yield { path: `${folder}/${name}/${seeded.word()}${file}.py`, content: pythonCode(seeded, seeded.size(300, 50_000)) }
    for (let file = 0; file < 3; file += 1)
      yield { path: `${folder}/${name}/_${seeded.word()}${file}.so`, content: binary(seeded, seeded.size(60_000, 3 * mebibyte)) }
  }
}

function* nodeModules(seeded: Seeded, folder: string, count: number): Tree {
  for (let at = 0; at < count; at += 1) {
    const [name, version] = [at % 7 === 0 ? `@${seeded.word()}/${seeded.word()}` : `${seeded.word()}-${at}`, seeded.version()]
    const manifest = {
      name,
      version,
      license: 'MIT',
      main: 'index.js',
      description: prose(seeded, 60),
      dependencies: { [seeded.word()]: `^${seeded.version()}` },
    }
    yield { path: `${folder}${name}/package.json`, content: JSON.stringify(manifest, undefined, 2) }
    yield { path: `${folder}${name}/README.md`, content: prose(seeded, seeded.size(500, 30_000)) }
    for (let file = 0; file < 16; file += 1)
      yield { path: `${folder}${name}/lib/${seeded.word()}${file}.js`, content: javaScript(seeded, seeded.size(200, 90_000)) }
    // Prebuilt addons, one in twelve.
    if (at % 12 === 0)
      yield { path: `${folder}${name}/build/Release/${seeded.word()}.node`, content: binary(seeded, seeded.size(80_000, 4 * mebibyte)) }
  }
}

function* application(seeded: Seeded): Tree {
  const packages = Array.from({ length: 2_500 }, (_, at) => [
    `node_modules/${seeded.word()}-${at}`,
    { version: seeded.version(), integrity: `sha512-${seeded.bytes(64).toString('base64')}` },
  ])
  yield { path: 'app/package.json', content: JSON.stringify({ name: 'web', version: '1.0.0', private: true }) }
  yield {
    path: 'app/package-lock.json',
    content: JSON.stringify({ name: 'web', lockfileVersion: 3, packages: Object.fromEntries(packages) }),
  }
  for (let at = 0; at < 600; at += 1)
    yield { path: `app/src/${seeded.word()}/${seeded.word()}${at}.js`, content: javaScript(seeded, seeded.size(300, 40_000)) }
  for (let at = 0; at < 30; at += 1)
    yield { path: `app/dist/chunk-${seeded.bytes(6).toString('hex')}.js`, content: javaScript(seeded, seeded.size(200_000, 3 * mebibyte)) }
  for (let at = 0; at < 400; at += 1)
    yield { path: `app/public/${seeded.word()}${at}.webp`, content: seeded.bytes(seeded.size(20_000, 900_000)) }
  for (let at = 0; at < 10; at += 1) yield { path: `app/lib/${seeded.word()}${at}.jar`, content: jar(seeded) }
  yield { path: 'usr/share/.wh.doc', content: '' }
}

function jar(seeded: Seeded): Buffer {
  const [group, name, version] = [`org.${seeded.word()}`, seeded.word(), seeded.version()]
  const classes = Array.from({ length: 60 }, (_, at) => ({
    name: `org/${name}/C${at}.class`,
    content: seeded.bytes(seeded.size(1_000, 60_000)),
  }))
  const properties = `groupId=${group}\nartifactId=${name}\nversion=${version}\n`
  return zipOf([{ name: `META-INF/maven/${group}/${name}/pom.properties`, content: properties }, ...classes])
}

function prose(seeded: Seeded, chars: number): string {
  const lines: string[] = []
  for (let length = 0; length < chars; length += (lines.at(-1)?.length ?? 0) + 1)
    lines.push(Array.from({ length: 12 }, () => seeded.word()).join(' '))
  return lines.join('\n').slice(0, chars).replaceAll('\n', '\n ')
}

/** Code that parses. */
function javaScript(seeded: Seeded, chars: number): string {
  const parts = [`'use strict'\nconst ${seeded.word()}Of = require('./${seeded.word()}')\n`]
  for (let length = 0; length < chars; length += parts.at(-1)?.length ?? 1) {
    const [name, one, two, three] = [seeded.word(), `${seeded.word()}A`, `${seeded.word()}B`, `${seeded.word()}C`]
    parts.push(
      `exports.${name} = function ${name}(${one}, ${two} = ${seeded.below(90_000)}) {\n  if (${one} > ${seeded.below(1_000)}) return '${seeded.word()} ${seeded.word()}'\n` +
        `  const ${three} = [${seeded.below(1_000)}, '${seeded.bytes(9).toString('hex')}'].map((each) => ({ each, ${seeded.word()}: ${two} + 1 }))\n` +
        `  for (const { ${seeded.word()}: it } of ${three}) ${one} = it ? ${one} * ${two} : ${three}.length // ${seeded.word()} ${seeded.word()}\n  return ${three}\n}\n`,
    )
  }
  return parts.join('')
}

function pythonCode(seeded: Seeded, chars: number): string {
  const parts = [`import ${seeded.word()}\n`]
  for (let length = 0; length < chars; length += parts.at(-1)?.length ?? 1)
    parts.push(
      `def ${seeded.word()}(self, ${seeded.word()}=${seeded.below(9_000)}):\n    """${prose(seeded, 90)}"""\n    return ${seeded.word()}["${seeded.bytes(6).toString('hex')}"]\n\n`,
    )
  return parts.join('')
}
