/** Measures how much other programs and people use the machine. */
import { readdir, stat } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { cpuTimes } from '../hardware/load.ts'
import type { Millis } from '../types/events.ts'
import { cpuOfTree, listProcesses } from './processes.ts'

/** CPU time up to a moment, in milliseconds. */
export interface CpuReading {
  /** Busy time and total time of all cores. */
  readonly busy: number
  readonly total: number
  /** CPU time of this daemon and its children. */
  readonly own: number
}

/**
 * Returns the percent of all cores that programs other than Ripple's used between two readings. Returns null if no time
 * passed, or if a child ended in between, because its time is then missing.
 */
export function othersPercent(before: CpuReading, now: CpuReading): number | null {
  const total = now.total - before.total
  const own = now.own - before.own
  if (total <= 0 || own < 0) return null
  return Math.max(0, Math.round((100 * (now.busy - before.busy - own)) / total))
}

/** Reads the CPU times of the machine and of this daemon with its children. */
export async function readCpu(pid: number = process.pid): Promise<CpuReading> {
  const own = cpuOfTree(pid, await listProcesses())
  return { ...cpuTimes(cpus()), own }
}

/** Folders of terminals. */
const TERMINALS = ['/dev/pts', '/dev']

/**
 * Returns when something was last typed at a terminal of this machine, in milliseconds since 1970; null without one. The
 * kernel notes on a terminal's file when it was last read. Linux notes it to the nearest 8 s.
 */
export async function lastTyped(folders: readonly string[] = TERMINALS): Promise<Millis | null> {
  const times = await Promise.all(folders.map(newestRead))
  return times.reduce((newest, one) => (one !== null && one > (newest ?? 0) ? one : newest), null)
}

async function newestRead(folder: string): Promise<Millis | null> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^(\d+|tty(\d+|s\d+))$/.test(name))
  const reads = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ atimeMs }) => atimeMs,
        () => null,
      ),
    ),
  )
  const known = reads.filter((at) => at !== null)
  return known.length === 0 ? null : Math.round(Math.max(...known))
}
