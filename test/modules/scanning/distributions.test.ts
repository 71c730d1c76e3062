import { expect, test } from 'vitest'
import { distributionOf, lacksRelease } from '../../../src/modules/scanning/catalogers/os-release.ts'
import { analyseHere } from './analysis/analyse-here.ts'
import { tgzOf } from './analysis/pack-archive.ts'
import { parseOsRelease } from './open-scanning.ts'

test('every distribution has the name that OSV gives it', () => {
  const of = (text: string) => distributionOf(parseOsRelease(text), { id: 'x', ecosystem: 'X' }).ecosystem
  expect(of('ID=debian\nVERSION_ID="12"')).toBe('Debian:12')
  expect(of('ID=ubuntu\nVERSION_ID="22.04"\nVERSION="22.04.3 LTS (Jammy Jellyfish)"')).toBe('Ubuntu:22.04:LTS')
  expect(of('ID=ubuntu\nVERSION_ID="23.10"')).toBe('Ubuntu:23.10')
  // An SBOM has no VERSION that could say it.
  expect(of('ID=ubuntu\nVERSION_ID=24.04')).toBe('Ubuntu:24.04:LTS')
  expect(of('ID=ubuntu\nVERSION_ID=25.04')).toBe('Ubuntu:25.04')
  expect(of('ID=ubuntu\nVERSION_ID=22.10')).toBe('Ubuntu:22.10')
  expect(of('ID=alpaquita\nVERSION_ID=23')).toBe('Alpaquita:23')
  expect(of('ID=alpine\nVERSION_ID=3.20.0')).toBe('Alpine:v3.20')
  expect(of('ID=\'rhel\'\nVERSION_ID="9.3"')).toBe('Red Hat:9')
  expect(of('ID=sles\nVERSION_ID="15.5"')).toBe('SUSE:Linux Enterprise Server 15 SP5')
  expect(of('ID=wolfi\nVERSION_ID=20230201')).toBe('Wolfi')
  expect(of('')).toBe('X')
  for (const id of ['debian', 'ubuntu', 'alpine', 'rhel', 'sles']) expect([id, lacksRelease(of(`ID=${id}`))]).toEqual([id, true])
  for (const id of ['wolfi', 'opensuse-tumbleweed']) expect([id, lacksRelease(of(`ID=${id}`))]).toEqual([id, false])
  expect(lacksRelease(of('ID=debian\nVERSION_ID="12"'))).toBe(false)
})

test('a distribution of whose packages nothing is known is noted: a Debian without release was held, one nobody knows looked clean', async () => {
  const status = { name: 'var/lib/dpkg/status', content: 'Package: openssl\nStatus: install ok installed\nVersion: 3.0.1-1\n\n' }
  const notesOf = async (release: string) => {
    const bytes = await tgzOf([{ name: 'etc/os-release', content: release }, status])
    const { notes, gaps } = await analyseHere({ kind: 'oci', blobs: [{ bytes }] })
    expect(gaps).toEqual([])
    return notes
  }
  expect(await notesOf('ID=debian\n')).toEqual(['nothing names the release of Debian: what advisories say of its packages is not known'])
  expect(await notesOf('ID=debian\nVERSION_ID=12\n')).toEqual([])
  expect(await notesOf('ID=amzn\nVERSION_ID=2023\n')).toEqual(['no advisories are known for packages of amzn:2023'])
})
