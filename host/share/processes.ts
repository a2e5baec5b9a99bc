/** Lists running processes with their CPU time. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { limits } from '../limits.ts'
import { psCpuMs, statCpuMs } from '../processes/read-cpu.ts'

const run = promisify(execFile)

/** A running process. */
export interface ProcessCpu {
  readonly pid: number
  readonly parent: number
  /** CPU time since its start, in milliseconds. */
  readonly cpu_ms: number
}

/** Returns the CPU time of a process and all its descendants, in milliseconds. */
export function cpuOfTree(root: number, all: readonly ProcessCpu[]): number {
  const below = Map.groupBy(all, ({ parent }) => parent)
  const tree = new Set([root])
  for (const pid of tree) for (const child of below.get(pid) ?? []) tree.add(child.pid)
  return all.filter(({ pid }) => tree.has(pid)).reduce((sum, { cpu_ms }) => sum + cpu_ms, 0)
}

/** Returns all running processes. Rejects if they cannot be listed. */
export async function listProcesses(): Promise<ProcessCpu[]> {
  if (process.platform === 'linux') return listLinux()
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,time='], { timeout: limits.hardware_probe_ms })
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, time] = line.trim().split(/\s+/)
    const cpu_ms = time === undefined ? null : psCpuMs(time)
    return cpu_ms === null ? [] : [{ pid: Number(pid), parent: Number(parent), cpu_ms }]
  })
}

async function listLinux(): Promise<ProcessCpu[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process may end before its file is read.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return { pid: Number(pid), parent, cpu_ms: stat === '' ? null : statCpuMs(stat) }
    }),
  )
  return found.flatMap(({ cpu_ms, ...one }) => (cpu_ms === null ? [] : [{ ...one, cpu_ms }]))
}
