import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Time that processes may take to go after they were told to, in milliseconds. */
const GONE_MS = 20_000

/** A process and its place among the others. */
export interface Listed {
  readonly pid: number
  readonly parent: number
  readonly rssMib: number
  readonly name: string
}

/** A process and all its descendants. */
export function tree(root: number): Listed[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,rss=,comm='], { encoding: 'utf8' }).trim().split('\n')
  const all = lines.map((line) => {
    const [pid = '', parent = '', rss = '', ...name] = line.trim().split(/\s+/)
    return {
      pid: Number(pid),
      parent: Number(parent),
      rssMib: Math.round(Number(rss) / 1024),
      name: name.join(' '),
    }
  })
  const found = all.filter(({ pid }) => pid === root)
  for (const { pid } of found) found.push(...all.filter((one) => one.parent === pid))
  return found
}

/** Whether a process runs; one that has ended and only waits for its parent to notice does not. */
export function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

/** The command line of a process, or nothing where it has ended. */
export function commandOf(pid: number): string {
  return spawnSync('ps', ['-o', 'pid=,args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
}

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
