import { Agent, get, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Ask {
  /** What sort of question it is, for the table. */
  readonly kind: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Answered extends Ask {
  /** From the instant it was due to its last byte, whenever it was sent. */
  readonly ms: number
  /** 0: there was no answer. */
  readonly status: number
}

export interface LoopOptions {
  readonly url: string
  readonly perSecond: number
  readonly seconds: number
  readonly next: () => Ask
}

/** Questions at fixed instants, whether or not those before them are answered: a server that falls behind is seen to. */
export async function openLoop({
  url,
  perSecond,
  seconds,
  next,
}: LoopOptions): Promise<{ readonly answers: Answered[]; readonly latestSendMs: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const began = performance.now()
  const asked: Promise<Answered>[] = []
  let latestSendMs = 0
  for (let at = 0; at < perSecond * seconds; at += 1) {
    const due = began + (at * 1_000) / perSecond
    if (due > performance.now()) await sleep(due - performance.now())
    latestSendMs = Math.max(latestSendMs, performance.now() - due)
    const ask = next()
    asked.push(statusOf(url + ask.path, ask.headers, agent).then((status) => ({ ...ask, status, ms: performance.now() - due })))
  }
  const answers = await Promise.all(asked)
  agent.destroy()
  return { answers, latestSendMs }
}

/** One question at a time: how long each takes when nobody waits. */
export async function oneByOne({ url, next }: Pick<LoopOptions, 'url' | 'next'>, count: number): Promise<Answered[]> {
  const agent = new Agent({ keepAlive: true })
  const answers: Answered[] = []
  for (let at = 0; at < count; at += 1) {
    const ask = next()
    const began = performance.now()
    const status = await statusOf(url + ask.path, ask.headers, agent)
    answers.push({ ...ask, status, ms: performance.now() - began })
  }
  agent.destroy()
  return answers
}

const statusOf = (url: string, headers: IncomingHttpHeaders, agent: Agent): Promise<number> =>
  new Promise((resolve) => {
    const request = get(url, { headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    request.once('error', () => resolve(0))
  })

/** The value that this share of all is at most. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
