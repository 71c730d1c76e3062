import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hashingEmbedder } from '../../../src/modules/search/semantic/hashing-embedder.ts'

interface Asked {
  readonly model: string
  readonly input: readonly string[]
  readonly authorization: string | undefined
}

/** An embeddings endpoint of OpenAI's shape, whose vectors are those of the local method: what is on the wire is real, the model is not. */
export async function serveEmbeddings() {
  const asked: Asked[] = []
  let answer: 'well' | 'never' | number = 'well'
  let refused: string | undefined
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as { model: string; input: readonly string[] }
    asked.push({ ...body, authorization: request.headers.authorization })
    if (answer === 'never') return
    if (request.url !== '/v1/embeddings' || answer !== 'well') {
      response.writeHead(typeof answer === 'number' ? answer : 404).end()
      return
    }
    if (body.input.some((text) => refused !== undefined && text.includes(refused))) {
      response.writeHead(400).end()
      return
    }
    const vectors = await hashingEmbedder.embed(body.input)
    const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding: [...embedding] })).toReversed()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', model: body.model, data }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    /** From now on: as it should, not at all, or with a status. */
    answers(how: typeof answer) {
      answer = how
    },
    /** Requests with such a text are refused as a whole. */
    refuses(part: string | undefined) {
      refused = part
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
