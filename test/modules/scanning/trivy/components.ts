import type { ScannedComponent } from '../../../../src/modules/scanning/scanner.ts'

const path = 'somewhere'
const licenses: string[] = []
const debian = { ecosystem: 'Debian:10', path, licenses, platform: 'linux/amd64' }
const rocky = { ecosystem: 'Rocky Linux:8', path, licenses, platform: 'linux/amd64' }

/** What `debian-10.json` and `rocky-8.5.json` are about: two platforms of an image, and packages of languages. */
export const components: readonly ScannedComponent[] = [
  {
    ...debian,
    purl: 'pkg:deb/debian/bash@5.0-4?distro=debian-10',
    name: 'bash',
    version: '5.0-4',
    source: { name: 'bash', version: '5.0-4' },
  },
  {
    ...{ ...debian, purl: 'pkg:deb/debian/libidn2-0@2.0.5-1?distro=debian-10', name: 'libidn2-0', version: '2.0.5-1' },
    source: { name: 'libidn2', version: '2.0.5-1' },
  },
  {
    ...{ ...debian, purl: 'pkg:deb/debian/libc6@2.28-10?distro=debian-10', name: 'libc6', version: '2.28-10' },
    source: { name: 'glibc', version: '2.28-10' },
  },
  ...['1:1.1.1g-15.el8_3', '1:1.1.1k-99.el8'].map((version) => ({
    ...{ ...rocky, purl: `pkg:rpm/rocky/openssl-libs@${version}?distro=rocky-8.5`, name: 'openssl-libs', version },
  })),
  { purl: 'pkg:npm/lodash@4.17.4', ecosystem: 'npm', name: 'lodash', version: '4.17.4', path, licenses },
  { purl: 'pkg:npm/%40scope/lodash@4.17.4', ecosystem: 'npm', name: '@scope/lodash', version: '4.17.4', path, licenses },
  { purl: 'pkg:pypi/werkzeug@0.15.2', ecosystem: 'PyPI', name: 'werkzeug', version: '0.15.2', path, licenses },
]
