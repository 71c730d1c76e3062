import { setImmediate } from 'node:timers/promises'

const turnMs = 8

/** Long work in pieces: `if (turn.isOver) await turn.next()` lets what else is to be done go first. */
export class LoopTurn {
  #endsAt = performance.now() + turnMs

  get isOver(): boolean {
    return performance.now() > this.#endsAt
  }

  async next(): Promise<void> {
    await setImmediate()
    this.#endsAt = performance.now() + turnMs
  }
}
