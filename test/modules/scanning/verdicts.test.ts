import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeDetected } from '../../../src/modules/scanning/merge-detected.ts'
import { verdictOf } from '../../../src/modules/scanning/security-score.ts'
import { applyVex } from '../../../src/modules/scanning/vex/apply.ts'
import { readVex } from '../../../src/modules/scanning/vex/read-vex.ts'
import type { Detected } from '../../../src/modules/scanning/vulnerability.ts'

const detected = (scanner: string, ids: readonly string[], more: Partial<Detected> = {}): Detected => ({
  ...{ scanner, ids, purl: 'pkg:npm/a@1.0.0', package: 'a', version: '1.0.0', severity: 'high', score: 7.5 },
  ...{ title: 't', description: 'd', fixedVersion: null, urls: [] },
  ...more,
})

test('what several scanners found is one when it shares a name, however long the way between the names', () => {
  const merged = mergeDetected([
    detected('gati', ['GHSA-1', 'CVE-1'], { fixedVersion: '1.0.1', urls: ['https://a'] }),
    detected('gati', ['PYSEC-1', 'GHSA-2']),
    detected('trivy', ['CVE-1'], { score: 9.8, severity: 'critical', title: 'worse', urls: ['https://b'] }),
    detected('trivy', ['CVE-2', 'GHSA-2']),
    detected('trivy', ['CVE-1'], { purl: 'pkg:npm/a@2.0.0', version: '2.0.0' }),
  ])
  expect(merged.map(({ vulnerability, purl, scanners, ids }) => [vulnerability, purl, scanners, ids])).toEqual([
    ['CVE-1', 'pkg:npm/a@1.0.0', ['gati', 'trivy'], ['CVE-1', 'GHSA-1']],
    ['CVE-1', 'pkg:npm/a@2.0.0', ['trivy'], ['CVE-1']],
    ['CVE-2', 'pkg:npm/a@1.0.0', ['gati', 'trivy'], ['CVE-2', 'GHSA-2', 'PYSEC-1']],
  ])
  expect(merged[0]).toMatchObject({
    score: 9.8,
    severity: 'critical',
    title: 'worse',
    fixedVersion: '1.0.1',
    urls: ['https://b', 'https://a'],
  })
})

test('P6: merging depends on no order, loses no name and leaves no name in two places', () => {
  const ids = fc.uniqueArray(fc.constantFrom('CVE-1', 'CVE-2', 'GHSA-1', 'GHSA-2', 'PYSEC-1', 'PYSEC-2', 'X'), {
    minLength: 1,
    maxLength: 3,
  })
  const one = fc.record({
    ids,
    scanner: fc.constantFrom('gati', 'trivy'),
    purl: fc.constantFrom('pkg:npm/a@1', 'pkg:npm/b@1'),
    score: fc.constantFrom(0, 5, 9),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (parts, order) => {
      const all = parts.map(({ ids: names, scanner, ...more }) => detected(scanner, names, more))
      const merged = mergeDetected(all)
      const shuffled = all.map((each) => ({ each, at: order.next().value })).sort((a, b) => a.at - b.at)
      expect(mergeDetected(shuffled.map(({ each }) => each))).toEqual(merged)
      const names = (list: readonly { purl: string; ids: readonly string[] }[]) =>
        list.flatMap(({ purl, ids: own }) => own.map((id) => `${purl} ${id}`))
      expect(new Set(names(merged))).toEqual(new Set(names(all)))
      expect(new Set(names(merged)).size).toBe(names(merged).length)
    }),
    { numRuns: 300 },
  )
})

const clean = { findings: [], malicious: false }
const open = (score: number, severity: Detected['severity'] = 'high', status: 'affected' | 'not_affected' = 'affected') => ({
  vulnerability: `CVE-${Math.random()}`,
  score,
  severity,
  status,
})

test('R14.3: the score is what the documentation says', () => {
  expect(verdictOf([], clean)).toEqual({ securityScore: 100, riskLevel: 'low', malicious: false })
  expect(verdictOf([open(9.8)], clean)).toEqual({ securityScore: 52, riskLevel: 'critical', malicious: false })
  expect(verdictOf([open(7.5)], clean)).toMatchObject({ securityScore: 72, riskLevel: 'high' })
  expect(verdictOf([open(5.3)], clean)).toMatchObject({ securityScore: 86, riskLevel: 'medium' })
  expect(verdictOf([open(2)], clean)).toMatchObject({ securityScore: 98, riskLevel: 'low' })
  expect(
    verdictOf(
      Array.from({ length: 40 }, () => open(3)),
      clean,
    ),
  ).toMatchObject({ securityScore: 16, riskLevel: 'critical' })
  expect(verdictOf([open(9.8, 'critical', 'not_affected')], clean)).toMatchObject({ securityScore: 100 })
  expect(verdictOf([open(0, 'moderate')], clean)).toMatchObject({ securityScore: 85, riskLevel: 'medium' })
  const finding = { rule: 'r', severity: 'high', confidence: 0.8 } as const
  expect(verdictOf([], { findings: [finding], malicious: true })).toEqual({ securityScore: 0, riskLevel: 'critical', malicious: true })
  expect(
    verdictOf([], {
      findings: [
        { ...finding, confidence: 0.5 },
        { ...finding, confidence: 0.5 },
      ],
      malicious: false,
    }),
  ).toEqual({ securityScore: 92, riskLevel: 'medium', malicious: false })
})

test('R14.3: the score stays between 0 and 100, and what is added never raises it', () => {
  const one = fc.record({
    vulnerability: fc.stringMatching(/^CVE-\d{1,3}$/),
    score: fc.double({ min: 0, max: 10, noNaN: true }),
    severity: fc.constantFrom('low', 'moderate', 'high', 'critical'),
    status: fc.constantFrom('affected', 'under_investigation', 'not_affected', 'fixed'),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), one, (all, more) => {
      const { securityScore } = verdictOf(all, clean)
      expect(securityScore).toBeGreaterThanOrEqual(0)
      expect(securityScore).toBeLessThanOrEqual(100)
      expect(verdictOf([...all, more], clean).securityScore).toBeLessThanOrEqual(securityScore)
    }),
    { numRuns: 300 },
  )
})

const subject = { manifestDigest: `sha256:${'a'.repeat(64)}`, purls: ['pkg:oci/app'], versions: ['2.0'] }
const openVex = (...statements: object[]) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  author: 'Ada',
  timestamp: '2026-01-01T00:00:00Z',
  statements,
})
const statusesBy = (document: object) =>
  applyVex(
    mergeDetected([
      detected('gati', ['CVE-1', 'GHSA-1']),
      detected('gati', ['CVE-1'], { purl: 'pkg:npm/b@2.0.0' }),
      detected('gati', ['CVE-2']),
    ]),
    readVex(document, subject).statements,
  ).map(({ vulnerability, purl, status }) => `${vulnerability} ${purl} ${status}`)

test('OpenVEX: a statement counts for the package it names, of the product it names', () => {
  const why = { justification: 'vulnerable_code_not_present' }
  const statement = { vulnerability: { name: 'CVE-1' }, status: 'not_affected', ...why }
  const untouched = ['CVE-1 pkg:npm/b@2.0.0 affected', 'CVE-2 pkg:npm/a@1.0.0 affected']
  const inner = { '@id': `pkg:oci/app@${subject.manifestDigest.replace(':', '%3A')}`, subcomponents: [{ '@id': 'pkg:npm/a' }] }
  expect(statusesBy(openVex({ ...statement, products: [inner] }))).toEqual(['CVE-1 pkg:npm/a@1.0.0 not_affected', ...untouched])
  expect(statusesBy(openVex({ ...statement, vulnerability: { name: 'GHSA-1' }, products: [{ '@id': 'pkg:npm/a@1.0.0' }] }))).toEqual([
    'CVE-1 pkg:npm/a@1.0.0 not_affected',
    ...untouched,
  ])
  expect(statusesBy(openVex({ ...statement, products: [{ '@id': 'pkg:npm/a@3.0.0' }] }))).toEqual([
    'CVE-1 pkg:npm/a@1.0.0 affected',
    ...untouched,
  ])
  const everything = ['CVE-1 pkg:npm/a@1.0.0 not_affected', 'CVE-1 pkg:npm/b@2.0.0 not_affected', 'CVE-2 pkg:npm/a@1.0.0 affected']
  expect(statusesBy(openVex({ ...statement, products: [{ '@id': `pkg:oci/app@${subject.manifestDigest}` }] }))).toEqual(everything)
  expect(statusesBy(openVex(statement))).toEqual(everything)
})

test('OpenVEX: the newest statement counts, and one about the package before one about everything', () => {
  const on = (day: string, status: string, more: object = {}) => ({
    vulnerability: { name: 'CVE-1' },
    status,
    timestamp: `2026-01-${day}T00:00:00Z`,
    impact_statement: 'x',
    ...more,
  })
  expect(statusesBy(openVex(on('02', 'fixed'), on('03', 'affected'), on('01', 'not_affected')))[0]).toContain('a@1.0.0 affected')
  expect(statusesBy(openVex(on('01', 'fixed', { products: [{ '@id': 'pkg:npm/a@1.0.0' }] }), on('09', 'under_investigation')))).toEqual([
    ...['CVE-1 pkg:npm/a@1.0.0 fixed', 'CVE-1 pkg:npm/b@2.0.0 under_investigation', 'CVE-2 pkg:npm/a@1.0.0 affected'],
  ])
})

test('CycloneDX: what its analysis says about the packages it refers to', () => {
  const bom = {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', metadata: { timestamp: '2026-01-01T00:00:00Z', authors: [{ name: 'Ada' }] } },
    components: [{ 'bom-ref': 'one', purl: 'pkg:npm/a@1.0.0' }],
    vulnerabilities: [
      {
        id: 'CVE-1',
        analysis: { state: 'not_affected', justification: 'code_not_reachable', detail: 'never called' },
        affects: [{ ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#one' }],
      },
      { id: 'CVE-2', analysis: { state: 'in_triage' }, affects: [{ ref: 'pkg:npm/a@1.0.0' }] },
      { id: 'CVE-3' },
    ],
  }
  expect(statusesBy(bom)).toEqual([
    'CVE-1 pkg:npm/a@1.0.0 not_affected',
    'CVE-1 pkg:npm/b@2.0.0 affected',
    'CVE-2 pkg:npm/a@1.0.0 under_investigation',
  ])
  expect(readVex(bom, subject).statements[0]).toMatchObject({
    author: 'Ada',
    justification: 'code_not_reachable: never called',
    statedAt: '2026-01-01T00:00:00.000Z',
  })
})

test('a document that cannot be used is refused as a whole, with the place', () => {
  const refused: [object, RegExp][] = [
    [{}, /neither/],
    [openVex(), /nothing about any/],
    [openVex({ vulnerability: { name: 'CVE-1' }, status: 'fine' }), /\/statements\/0\/status/],
    [openVex({ vulnerability: {}, status: 'fixed' }), /\/statements\/0\/vulnerability\/name/],
    [openVex({ vulnerability: { name: 'CVE-1' }, status: 'not_affected' }), /without justification/],
    [openVex({ vulnerability: { name: 'CVE-1' }, status: 'not_affected', justification: 'because' }), /not one of OpenVEX/],
    [{ ...openVex({ vulnerability: { name: 'CVE-1' }, status: 'fixed' }), timestamp: 'soon' }, /timestamp/],
    [{ ...openVex({ vulnerability: { name: 'CVE-1' }, status: 'fixed' }), author: '' }, /\/author/],
    [openVex(...Array.from({ length: 10_001 }, () => ({ vulnerability: { name: 'CVE-1' }, status: 'fixed' }))), /more than 10000/],
    [{ bomFormat: 'CycloneDX', vulnerabilities: [{ id: 'CVE-1', analysis: { state: 'great' } }] }, /analysis\/state/],
    [{ bomFormat: 'CycloneDX', vulnerabilities: [{ analysis: {} }] }, /\/vulnerabilities\/0\/id/],
  ]
  for (const [document, reason] of refused) expect(() => readVex(document, subject)).toThrow(reason)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        readVex(value, subject)
      } catch (error) {
        expect(error).toMatchObject({ code: 'scanning.vex_invalid' })
      }
    }),
  )
})

test('VEX: a small document that would multiply to very many statements is refused before they are made', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `CVE-1-${at}`)
  const parts = (count: number) => Array.from({ length: count }, (_, at) => ({ '@id': `pkg:npm/p${at}` }))
  const statement = (aliases: string[], products: object[]) => ({ vulnerability: { name: 'CVE-1', aliases }, status: 'fixed', products })
  const own = { '@id': 'pkg:oci/app', subcomponents: parts(1000) }
  const products = Array.from({ length: 1000 }, () => own)
  expect(() => readVex(openVex(statement(names(5000), products)), subject)).toThrow('more than 64 names')
  expect(() => readVex(openVex(statement(names(60), products)), subject)).toThrow('more than 10000 statements')
  expect(() => readVex(openVex(statement([], parts(10_001))), subject)).toThrow('more than 10000 packages')
  const many = Array.from({ length: 3 }, () => statement(names(9), parts(400)))
  expect(() => readVex(openVex(...many), subject)).toThrow('more than 10000 statements')
  expect(readVex(openVex(...many.slice(1)), subject).statements).toHaveLength(8000)
  const affects = parts(200).map((part) => ({ ref: part['@id'] }))
  const vulnerabilities = names(60).map((id) => ({ id, analysis: { state: 'resolved' }, affects }))
  expect(() => readVex({ bomFormat: 'CycloneDX', vulnerabilities }, subject)).toThrow('more than 10000 statements')
})

test('VEX: text that cannot be stored is refused, cuts leave no half of a character, and years have four digits', () => {
  const statement = { vulnerability: { name: 'CVE-1' }, status: 'fixed' }
  const refused = [
    { ...openVex(statement), author: 'A\0' },
    openVex({ ...statement, status_notes: '\ud83d' }),
    openVex({ ...statement, timestamp: '+275760-09-13T00:00:00.000Z' }),
    openVex({ ...statement, timestamp: '-000001-01-01T00:00:00.000Z' }),
    { bomFormat: 'CycloneDX', vulnerabilities: [{ id: 'CVE-1', analysis: { state: 'resolved', detail: '\0' } }] },
  ]
  for (const document of refused) expect(() => readVex(document, subject)).toThrow('can be used')
  const [cut] = readVex(
    { ...openVex({ ...statement, status_notes: `x${'😀'.repeat(600)}` }), author: `x${'😀'.repeat(150)}` },
    subject,
  ).statements
  expect([cut?.author.isWellFormed(), cut?.justification?.isWellFormed()]).toEqual([true, true])
})

test('VEX: what is said of another version, another digest or parts of another product says nothing of this one', () => {
  const purlsOf = (document: object) => {
    try {
      return readVex(document, subject).statements.map(({ purl }) => purl)
    } catch {
      return []
    }
  }
  const inner = { subcomponents: [{ '@id': 'pkg:npm/a' }] }
  const of = (product: object) => purlsOf(openVex({ vulnerability: { name: 'CVE-1' }, status: 'fixed', products: [product] }))
  for (const id of ['pkg:oci/app', 'pkg:oci/app@2.0', `pkg:oci/elsewhere@${subject.manifestDigest}`]) {
    expect(of({ '@id': id, ...inner })).toEqual(['pkg:npm/a'])
    expect(of({ '@id': id })).toEqual([null])
  }
  for (const id of ['pkg:oci/app@1.0', `pkg:oci/app@sha256:${'b'.repeat(64)}`, 'pkg:oci/other', 'https://example.org/product'])
    expect(of({ '@id': id, ...inner })).toEqual([])
  const bom = (ref: object, itself: object = {}) =>
    purlsOf({
      ...{ bomFormat: 'CycloneDX', metadata: { component: itself }, components: [{ purl: 'pkg:npm/nameless' }] },
      vulnerabilities: [{ id: 'CVE-1', analysis: { state: 'resolved' }, affects: [ref] }],
    })
  expect([bom({}), bom({ ref: '' }), bom({ ref: 'pkg:oci/app@1.0' })]).toEqual([[], [], []])
  expect(bom({ ref: 'top' }, { 'bom-ref': 'top', purl: 'pkg:oci/app@1.0' })).toEqual([])
  expect(bom({ ref: 'top' }, { 'bom-ref': 'top', purl: 'pkg:oci/app@2.0' })).toEqual([null])
})
