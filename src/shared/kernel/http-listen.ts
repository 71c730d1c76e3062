import type { FastifyInstance } from 'fastify'
import type { FrontDoor } from './http-front-door.ts'
import type { Logger } from './logger.ts'

/** Opens the port, or takes it over, and returns the address, with the port that was picked for port 0. */
export async function listen(http: FastifyInstance, log: Logger, door?: FrontDoor): Promise<string> {
  const { settings } = http.shell
  door?.handOver(http.server)
  const address = await http.listen({ host: settings.host, port: settings.port })
  http.shell.address = address
  log.info({ address }, 'listening')
  return address
}

const sweepMs = 100

/**
 * Stops accepting, lets requests in flight finish for at most `drainTimeoutMs`, then destroys what is left.
 * `/ready` answers 503 on connections that are still open. Resolves to whether everything finished in time.
 */
export async function closeGracefully(http: FastifyInstance, drainTimeoutMs: number): Promise<boolean> {
  http.shell.readiness.stopping()
  let drained = true
  const limit = setTimeout(() => {
    drained = false
    http.server.closeAllConnections()
  }, drainTimeoutMs)
  // Connections become idle one by one; each would otherwise be kept open for the keep-alive time.
  const sweep = setInterval(() => http.server.closeIdleConnections(), sweepMs)
  try {
    await http.close()
  } finally {
    clearTimeout(limit)
    clearInterval(sweep)
  }
  return drained
}
