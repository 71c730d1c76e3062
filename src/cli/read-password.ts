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
  let typed = ''
  try {
    for await (const chunk of process.stdin) {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n') return typed
        if (key === '\u0003') throw new Failure('interrupted')
        typed = key === '\u007f' ? typed.slice(0, -1) : typed + key
      }
    }
    return typed
  } finally {
    process.stdin.setRawMode(false)
    process.stdin.pause()
    process.stderr.write('\n')
  }
}
