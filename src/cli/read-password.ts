import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Failure, usage } from './failure.ts'

/** Of standard input, without the line end that `echo` adds. */
export async function readPiped(): Promise<string> {
  if (process.stdin.isTTY) throw usage('pipe the password in: printf %s "$PASSWORD" | gati-registry …')
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text.replace(/\r?\n$/, '')
}

export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw usage('give --username and --password-stdin when there is no terminal')
  return (await readTyped(question, process.stderr)).trim()
}

/** Reads a line without echo. */
export async function askSecretly(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw usage('give --password-stdin when there is no terminal')
  process.stderr.write(question)
  try {
    return await readTyped('', new Writable({ write: (_chunk, _encoding, done) => done() }))
  } finally {
    process.stderr.write('\n')
  }
}

async function readTyped(question: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  const given = new AbortController()
  // Ctrl-C, and Ctrl-D, after which no answer comes.
  terminal.once('SIGINT', () => given.abort())
  terminal.once('close', () => given.abort())
  try {
    return await terminal.question(question, { signal: given.signal })
  } catch (cause) {
    throw new Failure('interrupted', { cause })
  } finally {
    terminal.close()
  }
}
