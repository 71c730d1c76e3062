import { expect, test } from 'vitest'
import { filesOf, purls } from './cataloged-files.ts'
import { cataloged } from './open-scanning.ts'
import { goBinaryOf } from './package-databases.ts'
import { zipOf as archiveOf } from './zip-of.ts'

const zipOf = (files: Readonly<Record<string, string | Buffer>>): Buffer =>
  archiveOf(Object.entries(files).map(([name, content]) => ({ name, content })))

test('Python: what is installed, what is locked, what is pinned', () => {
  expect(
    purls({
      'usr/lib/python3/site-packages/Zope.Interface-6.1.dist-info/METADATA':
        'Metadata-Version: 2.1\nName: Zope.Interface\nVersion: 6.1\nLicense: ZPL\n\nVersion: 9\n',
      'app/requirements.txt':
        'Django[bcrypt] == 4.2.1 ; python_version > "3"\nflask>=2\nrequests==2.31.0 \\\n  --hash=sha256:x\n-r other.txt\n',
      'app/poetry.lock': '[[package]]\nname = "urllib3"\nversion = "2.0.7"\n\n[package.dependencies]\nname = "no"\n',
      'app/uv.lock':
        '[[package]]\nname = "app"\nversion = "0.1.0"\nsource = { virtual = "." }\n\n[[package]]\nname = "idna"\nversion = "3.6"\nsource = { registry = "https://pypi.org/simple" }\n',
    }),
  ).toEqual([
    'pkg:pypi/django@4.2.1',
    'pkg:pypi/idna@3.6',
    'pkg:pypi/requests@2.31.0',
    'pkg:pypi/urllib3@2.0.7',
    'pkg:pypi/zope-interface@6.1',
  ])
})

test('Go: the build information of an executable, go.mod and go.sum', () => {
  const modules =
    'path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:x=\ndep\tgithub.com/a/old\tv1.0.0\n=>\tgithub.com/a/new\tv1.1.0\th1:y=\n'
  expect(purls({ 'usr/local/bin/app': goBinaryOf('go1.21.3', modules) })).toEqual([
    'pkg:golang/github.com/a/new@1.1.0',
    'pkg:golang/golang.org/x/net@0.17.0',
    'pkg:golang/stdlib@1.21.3',
  ])
  expect(purls({ 'usr/local/bin/app': Buffer.from('\xff Go buildinf:\x08\x02', 'latin1') })).toEqual([])
  const mod =
    'module example.org/app\n\ngo 1.21\n\nrequire github.com/one/one v1.0.0\n\nrequire (\n\tgithub.com/two/two/v2 v2.1.0 // indirect\n\tgithub.com/old/incompatible v4.0.0+incompatible\n)\n'
  expect(purls({ 'src/go.mod': mod, 'src/go.sum': 'github.com/never/used v1.0.0 h1:x=\n' })).toEqual([
    'pkg:golang/github.com/old/incompatible@4.0.0',
    'pkg:golang/github.com/one/one@1.0.0',
    'pkg:golang/github.com/two/two/v2@2.1.0',
  ])
  expect(purls({ 'src/go.sum': 'github.com/a/b v1.0.0 h1:x=\ngithub.com/a/b v1.0.0/go.mod h1:x=\n' })).toEqual([
    'pkg:golang/github.com/a/b@1.0.0',
  ])
})

test('Java: pom.properties and manifests, also of archives within archives', () => {
  const inner = zipOf({
    'META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties':
      '#x\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n',
  })
  const outer = zipOf({
    'BOOT-INF/lib/log4j-core-2.14.1.jar': inner,
    'META-INF/MANIFEST.MF':
      'Manifest-Version: 1.0\r\nImplementation-Title: app\r\nImplementation-Version: 1.0\r\nImplementation-Vendor-Id: org.ex\r\n ample\r\n',
  })
  const found = cataloged(filesOf({ 'app/app.jar': outer }))
  expect(found.map(({ purl, name, path }) => [purl, name, path]).sort()).toEqual([
    [
      'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
      'org.apache.logging.log4j:log4j-core',
      'app/app.jar!BOOT-INF/lib/log4j-core-2.14.1.jar',
    ],
    ['pkg:maven/org.example/app@1.0', 'org.example:app', 'app/app.jar'],
  ])
})

test('Ruby, Rust and PHP', () => {
  expect(
    purls({
      'usr/lib/ruby/gems/3.2.0/specifications/rack-2.2.3.gemspec':
        'Gem::Specification.new do |s|\n  s.name = "rack".freeze\n  s.version = "2.2.3"\n  s.licenses = ["MIT".freeze]\nend\n',
      'app/Gemfile.lock':
        'GEM\n  remote: https://rubygems.org/\n  specs:\n    nokogiri (1.16.0-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.3)\n\nPLATFORMS\n  ruby\n',
      'app/Cargo.lock':
        'version = 3\n\n[[package]]\nname = "app"\nversion = "0.1.0"\n\n[[package]]\nname = "time"\nversion = "0.1.43"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
      'app/composer.lock': {
        packages: [{ name: 'Symfony/http-kernel', version: 'v5.4.1', license: ['MIT'] }],
        'packages-dev': [{ name: 'phpunit/phpunit', version: '9.5.0' }],
      },
    }),
  ).toEqual([
    'pkg:cargo/time@0.1.43',
    'pkg:composer/phpunit/phpunit@9.5.0',
    'pkg:composer/symfony/http-kernel@5.4.1',
    'pkg:gem/nokogiri@1.16.0',
    'pkg:gem/racc@1.7.3',
    'pkg:gem/rack@2.2.3',
  ])
})
