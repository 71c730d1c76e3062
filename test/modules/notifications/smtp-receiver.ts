import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, headers and body. */
  readonly raw: string
}

export const refusal = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

/** A mail server on this machine. `judge` may throw what it answers to a recipient, `judgeSender` what to the sender. */
export async function openMailServer(port = 0) {
  const received: ReceivedMail[] = []
  let judge: (address: string) => void = () => undefined
  let judgeSender: typeof judge = () => undefined
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    closeTimeout: 50,
    onMailFrom({ address }, _session, done) {
      try {
        judgeSender(address)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    onRcptTo({ address }, _session, done) {
      try {
        judge(address)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : ''
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString() })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.server.address() as AddressInfo
  return {
    received,
    port: address.port,
    url: `smtp://127.0.0.1:${address.port}`,
    judge(next: typeof judge) {
      judge = next
    },
    judgeSender(next: typeof judge) {
      judgeSender = next
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}

/** Headers by lower-case name, unfolded. */
export function headersOf({ raw }: ReceivedMail): ReadonlyMap<string, string> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return new Map(
    head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

/** The parts of a mail, decoded. */
export function partsOf(mail: ReceivedMail): ReadonlyMap<string, string> {
  const boundary = /boundary="([^"]+)"/.exec(headersOf(mail).get('content-type') ?? '')?.[1]
  const parts = mail.raw.split(`--${boundary}`).slice(1, -1)
  return new Map(
    parts.map((part) => {
      const cut = part.indexOf('\r\n\r\n')
      const [head, body] = [part.slice(0, cut), part.slice(cut + 4)]
      const type = /content-type: ([a-z/]+)/i.exec(head)?.[1] ?? ''
      return [type, decode(/content-transfer-encoding: (\S+)/i.exec(head)?.[1] ?? '', body)]
    }),
  )
}

function decode(encoding: string, body: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
