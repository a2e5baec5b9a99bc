/** Measures the load of this machine. */
import { type CpuInfo, cpus, freemem, totalmem } from 'node:os'
import type { Load } from '../../zomes-bindings/generated/agent-registry.ts'

/** The time that all cores have spent since the machine started, in milliseconds. */
export interface CpuTimes {
  readonly busy: number
  readonly total: number
}

/** Sums the cores' times. */
export function cpuTimes(cores: ReadonlyArray<Pick<CpuInfo, 'times'>>): CpuTimes {
  const total = cores.flatMap(({ times }) => Object.values(times)).reduce((sum, ms) => sum + ms, 0)
  const idle = cores.reduce((sum, { times }) => sum + times.idle, 0)
  return { busy: total - idle, total }
}

/** Returns the percentage of the time between two readings in which the cores were busy; 0 if no time has passed. */
export function cpuPercent(before: CpuTimes, now: CpuTimes): number {
  const total = now.total - before.total
  return total <= 0 ? 0 : percent((now.busy - before.busy) / total)
}

/**
 * Measures the load, cheaply enough for every beat, because it starts no program. The loads of CPU and GPU are those since the
 * last reading. The GPU's load is the share of the time in which the engine had work on it: what other programs do there is
 * not seen.
 */
export class LoadMeter {
  readonly #gpuBusyMs: () => number
  #before = { cpu: cpuTimes(cpus()), gpu: 0, at: performance.now() }

  /** `gpuBusyMs` returns how long the engine has had work on a GPU so far, in milliseconds. */
  constructor(gpuBusyMs: () => number = () => 0) {
    this.#gpuBusyMs = gpuBusyMs
  }

  /** Returns the current load. */
  read(): Load {
    const now = { cpu: cpuTimes(cpus()), gpu: this.#gpuBusyMs(), at: performance.now() }
    const { cpu, gpu, at } = this.#before
    this.#before = now
    return {
      cpu_percent: cpuPercent(cpu, now.cpu),
      gpu_percent: now.at <= at ? 0 : percent((now.gpu - gpu) / (now.at - at)),
      memory_percent: percent(1 - freemem() / totalmem()),
    }
  }
}

function percent(share: number): number {
  return Math.min(100, Math.max(0, Math.round(share * 100)))
}
