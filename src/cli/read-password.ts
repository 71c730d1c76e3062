import { createInterface } from 'node:readline/promises'
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
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(question)).trim()
  } finally {
    terminal.close()
  }
}

/** Reads a line without echo. */
export async function askSecretly(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw usage('give --password-stdin when there is no terminal')
  process.stderr.write(question)
  process.stdin.setRawMode(true)
  try {
    return await typedLine()
  } finally {
    process.stdin.setRawMode(false)
    process.stdin.pause()
    process.stderr.write('\n')
  }
}

async function typedLine(): Promise<string> {
  let typed = ''
  for await (const chunk of process.stdin) {
    const { text, done } = afterKeys(typed, String(chunk))
    if (done) return text
    typed = text
  }
  return typed
}

const endOfLine = /[\r\n]/
const interrupt = '\u0003'
const backspace = '\u007f'

function afterKeys(typed: string, keys: string): { text: string; done: boolean } {
  if (keys.includes(interrupt)) throw new Failure('interrupted')
  const [line = '', ...more] = keys.split(endOfLine)
  let text = typed
  for (const key of line) text = key === backspace ? text.slice(0, -1) : text + key
  return { text, done: more.length > 0 }
}
