import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, root } from './run-registry.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A real nginx with the configuration of docs/operations.md, in front of a registry. */
export async function runNginx(registry: { readonly port: number; readonly dataDir: string }) {
  const folder = await temporaryFolder()
  const port = await freePort()
  const at = (name: string) => join(folder.path, name)
  const [, documented] = /```nginx\n(.*?)```/s.exec(await readFile(join(root, 'docs/operations.md'), 'utf8')) ?? []
  if (documented === undefined) throw new Error('docs/operations.md has no configuration of nginx')
  const server = documented
    .replace('127.0.0.1:8080', `127.0.0.1:${registry.port}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('/var/lib/gati/', `${registry.dataDir}/`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at('temp')}/${name};`)
  await mkdir(at('temp'))
  const main = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `daemon off; pid ${at('pid')}; error_log ${at('error.log')};`,
    `events {} http { access_log off; types {} default_type application/octet-stream; ${temporary.join(' ')}`,
    server,
    '}',
  ]
  await writeFile(at('nginx.conf'), main.join('\n'))
  const child = spawn('/usr/sbin/nginx', ['-c', at('nginx.conf'), '-e', at('error.log')], { stdio: 'inherit' })
  const exited = once(child, 'exit')
  for (let attempt = 0; !(await accepts(port)); attempt++) {
    if (attempt > 100 || child.exitCode !== null) throw new Error('nginx did not start')
    await delay(50)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    errors: () => readFile(at('error.log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
