import { service } from './service.ts'

export interface AnsweredRequest {
  /** Name of the module whose route it was; absent where no route answers. */
  readonly module: string | undefined
  /** 499 for a client that left before anything of the answer was sent. */
  readonly status: number
}

/** Every request whose answer is through, or whose client is gone; probes are left out. */
export interface HttpAnswers {
  /** In `setup`. Called on the path of requests: a listener takes microseconds and does not throw. */
  on(listener: (answered: AnsweredRequest) => void): void
}
export const HttpAnswers = service<HttpAnswers>('kernel.http_answers')

export class AnswerListeners implements HttpAnswers {
  readonly #listeners: ((answered: AnsweredRequest) => void)[] = []

  on(listener: (answered: AnsweredRequest) => void): void {
    this.#listeners.push(listener)
  }

  tell(answered: AnsweredRequest): void {
    for (const listener of this.#listeners) listener(answered)
  }
}
