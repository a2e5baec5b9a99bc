import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Time that processes may take to go after they were told to, in milliseconds. */
const GONE_MS = 20_000

/** Command lines of the processes that name `text`, this one left out. */
export function processesNaming(text: string): string[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return listed
    .map((line) => line.trim())
    .filter((line) => line.includes(text) && !line.startsWith(`${process.pid} `))
}

/** Waits until no process names `text`, and gives those that stay. */
export async function staying(text: string): Promise<string[]> {
  const deadline = performance.now() + GONE_MS
  for (;;) {
    const left = processesNaming(text)
    if (left.length === 0 || performance.now() > deadline) return left
    await sleep(100)
  }
}
