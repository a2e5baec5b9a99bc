import { setInterval } from 'node:timers/promises'
import { readCpuMs } from './read-cpu.ts'

/** When a start counts as one that stands still. */
export interface Stillness {
  /** Pause between two looks, in milliseconds. */
  readonly lookMs: number
  /** Looks in a row between which next to nothing was done. */
  readonly looks: number
  /** CPU time between two looks that is next to nothing, in milliseconds. */
  readonly cpuMs: number
}

/**
 * Gives a judge of one start, which is told at each look the CPU time that its process has used so far, in milliseconds, and
 * answers true once the start stands still. Looks are counted, not time: a machine that slept, or a daemon that was held up,
 * missed looks, and says nothing of its child by that. What cannot be read says nothing either.
 */
export function stillStart({ looks, cpuMs }: Stillness): (used: number | null) => boolean {
  let before: number | null = null
  let still = 0
  return (used) => {
    const idle = used !== null && before !== null && used - before < cpuMs
    still = idle ? still + 1 : 0
    before = used
    return still >= looks
  }
}

/** Looks at a start until it stands still: resolves with true then, and with false once the signal is aborted. */
export async function watchStart(pid: number, stillness: Stillness, signal: AbortSignal): Promise<boolean> {
  const isStill = stillStart(stillness)
  try {
    for await (const _ of setInterval(stillness.lookMs, undefined, { signal })) {
      if (isStill(await readCpuMs(pid))) return !signal.aborted
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return false
}
