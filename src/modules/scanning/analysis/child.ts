import dgram from 'node:dgram'
import { readdir, rm } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { analyse } from './analyse.ts'
import { FrameReader } from './frames.ts'
import { readyLine, reportLines } from './report-lines.ts'
import type { TaskHeader } from './task-header.ts'
import type { Chunks } from './walk/byte-reader.ts'

// The entry of the child process: tasks on the standard input, reports on the standard output, nothing else.

/** Where the machine gives no network namespace. Nothing read here is ever run, so this guards against our own mistakes. */
function closeNetwork(): void {
  const refuse = () => {
    throw new Error('the analysis has no network')
  }
  net.Socket.prototype.connect = refuse
  net.Server.prototype.listen = refuse
  dgram.Socket.prototype.bind = refuse
  dgram.Socket.prototype.send = refuse
}

async function say(line: string): Promise<void> {
  if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve))
}

/** The next task finds what the first one found. */
async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
}

/** Until the parent closes the pipe: it ended, and could not remove the folder that it named with the tasks. */
async function main(): Promise<void> {
  const frames = new FrameReader(process.stdin as Chunks)
  let folder: string | undefined
  for (let header = await frames.header(); header !== undefined; header = await frames.header()) {
    const task = header as TaskHeader
    folder = task.folder
    if (task.isNetworkOpen) closeNetwork()
    for (const line of reportLines(await analyse(task, frames))) await say(line)
    await empty(task.folder)
    const { user, system } = process.cpuUsage()
    await say(readyLine(Math.ceil((user + system) / 1000)))
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

await main()
