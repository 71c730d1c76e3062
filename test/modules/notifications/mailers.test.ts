import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logMailer } from '../../../src/modules/notifications/mail/log-mailer.ts'
import { escapeHtml, renderHtml, renderSubject, renderText } from '../../../src/modules/notifications/mail/mail-template.ts'
import {
  isAddress,
  type Mail,
  MailDeferred,
  type Mailer,
  MailRefused,
  MailUnavailable,
} from '../../../src/modules/notifications/mail/mailer.ts'
import { smtpMailer } from '../../../src/modules/notifications/mail/smtp-mailer.ts'
import { mailDueAt } from '../../../src/modules/notifications/pace.ts'
import { recordLog } from '../../../src/shared/testing/record-log.ts'
import { headersOf, openMailServer, partsOf, refusal } from './smtp-receiver.ts'

interface Seen {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly messageId: string
}
interface Driver {
  readonly mailer: Mailer
  readonly seen: () => Seen[]
}
let server: Awaited<ReturnType<typeof openMailServer>>
beforeAll(async () => {
  server = await openMailServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const drivers: Record<string, () => Driver> = {
  log() {
    const log = recordLog()
    const fields = () => log.lines.map((line) => line.fields as { to: string } & Omit<Seen, 'to'>)
    return { mailer: logMailer(log), seen: () => fields().map(({ to, ...rest }) => ({ ...rest, to: [to] })) }
  },
  smtp() {
    const from = server.received.length
    const seen = () =>
      server.received.slice(from).map((mail) => {
        const headers = headersOf(mail)
        const text = (partsOf(mail).get('text/plain') ?? '').replaceAll('\r\n', '\n')
        return { to: mail.to, subject: headers.get('subject') ?? '', messageId: headers.get('message-id') ?? '', text }
      })
    return { mailer: smtpMailer({ url: server.url, from: 'Registry <registry@example.org>' }), seen }
  },
}

const mail = (change: Partial<Mail> = {}): Mail => ({
  ...{ to: 'ann@example.org', subject: 'acme/widget@1.0.0 was published', text: 'It was.\n', html: '<p>It was.</p>' },
  ...{ messageId: '<abc@registry.example>', unsubscribeUrl: 'https://registry.example/v1/unsubscribe/token' },
  ...change,
})
const hostile = [
  'a@b.org\r\nBcc: x@y.org',
  'a@b.org, x@y.org',
  '"a b"@c.org',
  'a@b.org>',
  '<a@b.org>',
  'a b@c.org',
  'a@b@c.org',
  'a@',
  '@b.org',
  'a@-b.org',
  'a..b@c.org',
  'a@b..org',
  '',
]

describe.each(Object.keys(drivers))('mail driver %s', (name) => {
  let driver: Driver
  beforeAll(() => {
    driver = (drivers[name] ?? drivers['log'] ?? (() => Promise.reject()))() as Driver
  })
  afterAll(() => driver.mailer.close())

  test('takes a mail over as it is', async () => {
    await driver.mailer.send(mail())
    expect(driver.seen()).toEqual([
      expect.objectContaining({ to: ['ann@example.org'], subject: mail().subject, messageId: mail().messageId }),
    ])
    expect(driver.seen()[0]?.text.trim()).toBe('It was.')
  })

  test.each(hostile)('refuses %j as an address for good', async (to) => {
    const before = driver.seen().length
    await expect(driver.mailer.send(mail({ to }))).rejects.toBeInstanceOf(MailRefused)
    expect(driver.seen()).toHaveLength(before)
  })

  test('a subject cannot become a header', async () => {
    await driver.mailer.send(mail({ subject: 'one\r\nBcc: evil@example.org\r\n\r\nbody\0\u2028' }))
    const last = driver.seen().at(-1)
    expect(last?.subject).toBe('one Bcc: evil@example.org body')
    expect(last?.to).toEqual(['ann@example.org'])
  })
})

test('SMTP: headers of a mail that nobody should answer, and that one click ends (RFC 8058)', async () => {
  const mailer = smtpMailer({ url: server.url, from: 'Registry <registry@example.org>' })
  const unsubscribeUrl = `https://registry.example/v1/unsubscribe/${'x'.repeat(150)}`
  await mailer.send(mail({ unsubscribeUrl, html: '<p>grün</p>' }))
  await mailer.close()
  const last = server.received.at(-1)
  if (!last) throw new Error('no mail came')
  const headers = headersOf(last)
  expect(headers.get('list-unsubscribe')).toBe(`<${unsubscribeUrl}>`)
  expect(headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
  expect(headers.get('auto-submitted')).toBe('auto-generated')
  expect(headers.get('from')).toBe('Registry <registry@example.org>')
  expect(last.from).toBe('registry@example.org')
  expect(partsOf(last).get('text/html')?.trim()).toBe('<p>grün</p>')
})

test('SMTP: a refusal for good, one for now, and a server that is away are told apart', async () => {
  const mailer = smtpMailer({ url: server.url, from: 'registry@example.org' })
  server.judge((address) => {
    if (address.startsWith('gone')) throw refusal(550, 'no such user')
    if (address.startsWith('full')) throw refusal(452, 'mailbox full')
  })
  await expect(mailer.send(mail({ to: 'gone@example.org' }))).rejects.toBeInstanceOf(MailRefused)
  await expect(mailer.send(mail({ to: 'full@example.org' }))).rejects.toBeInstanceOf(MailDeferred)
  await mailer.send(mail())
  await mailer.close()
  const away = smtpMailer({ url: 'smtp://127.0.0.1:1', from: 'registry@example.org' })
  await expect(away.send(mail())).rejects.toBeInstanceOf(MailUnavailable)
  await away.close()
})

test('SMTP: a server that refuses the sender, or wants a login, refuses no recipient', async () => {
  const mailer = smtpMailer({ url: server.url, from: 'registry@example.org' })
  for (const code of [550, 451]) {
    server.judgeSender(() => {
      throw refusal(code, 'not from here')
    })
    await expect(mailer.send(mail()), `${code}`).rejects.toBeInstanceOf(MailUnavailable)
  }
  server.judgeSender(() => undefined)
  for (const [code, message] of [
    [530, '5.7.0 Authentication required'],
    [553, '5.1.8 Sender address rejected'],
  ] as const) {
    server.judge(() => {
      throw refusal(code, message)
    })
    await expect(mailer.send(mail()), message).rejects.toBeInstanceOf(MailUnavailable)
  }
  server.judge(() => undefined)
  await mailer.close()
})

test('what a publisher wrote stays text in a mail', () => {
  const lines = [{ text: `<script>alert("x")</script> & 'y'`, url: 'https://registry.example/a?b="><i>' }]
  const letter = {
    lines,
    username: '<ann>',
    registryUrl: 'https://registry.example',
    unsubscribeUrl: 'https://registry.example/u',
  }
  const html = renderHtml(letter)
  expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;')
  expect(html).toContain('href="https://registry.example/a?b=&quot;&gt;&lt;i&gt;"')
  expect(html).not.toMatch(/<script|<i>|<ann>/)
  expect(renderText(letter)).toContain(`* ${lines[0]?.text}`)
  expect(renderSubject({ lines: [...lines, ...lines] })).toBe('2 notices of your registry')
  expect(renderSubject({ lines: [{ text: 'one\nline', url: null }] })).toBe('one line')
  expect(escapeHtml('a<b>')).toBe('a&lt;b&gt;')
  expect(isAddress('first.last+tag@mail.example.org')).toBe(true)
})

test('a digest is due at the next 06:00 UTC, a weekly one on the next Monday', () => {
  const due = (pace: 'instant' | 'daily' | 'weekly' | 'off', at: string) =>
    mailDueAt(pace, new Date(at))?.toISOString().slice(0, 16) ?? null
  expect(due('off', '2026-11-21T12:00:00Z')).toBeNull()
  expect(due('instant', '2026-11-21T12:00:00Z')).toBe('2026-11-21T12:00')
  expect(due('daily', '2026-11-21T05:59:59Z')).toBe('2026-11-21T06:00')
  expect(due('daily', '2026-11-21T06:00:00Z')).toBe('2026-11-22T06:00')
  expect(due('daily', '2026-12-31T23:00:00Z')).toBe('2027-01-01T06:00')
  // A Saturday, a Sunday, a Monday before and after six.
  expect(due('weekly', '2026-11-21T12:00:00Z')).toBe('2026-11-23T06:00')
  expect(due('weekly', '2026-11-22T12:00:00Z')).toBe('2026-11-23T06:00')
  expect(due('weekly', '2026-11-23T05:00:00Z')).toBe('2026-11-23T06:00')
  expect(due('weekly', '2026-11-23T06:00:00Z')).toBe('2026-11-30T06:00')
})
