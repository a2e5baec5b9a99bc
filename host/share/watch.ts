/** Watches whether the owner's settings allow work for others now. */
import type { ShareConfig } from '../config/config.ts'
import { bounded } from '../hardware/bounded.ts'
import { limits } from '../limits.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { Millis } from '../types/events.ts'
import { type MachineUse, pauseReasons, pauseText, usedAt } from './caps.ts'
import type { OwnersPause, PauseNote } from './pause.ts'
import { onBattery } from './power.ts'
import { type CpuReading, lastTyped, othersPercent, readCpu } from './use.ts'

/** Probes of the machine; a probe that fails or is late counts as unknown. */
export interface Probes {
  readonly cpu: () => Promise<CpuReading>
  readonly typed: () => Promise<Millis | null>
  readonly battery: () => Promise<boolean | null>
}

/** Probes of the real machine. */
export const realProbes: Probes = { cpu: readCpu, typed: lastTyped, battery: onBattery }

/** Dependencies of the watch. */
export interface ShareNeeds {
  readonly share: ShareConfig
  readonly pause: PauseNote
  readonly clock: Pick<AlarmClock, 'now' | 'after'>
  readonly probes: Probes
  /** Notifies when work for others is paused, and when the pause is over. */
  readonly onChange: (paused: boolean, why: string | null) => void
}

/** The owner's settings, compared with the current use of the machine. */
export interface ShareWatch extends Disposable {
  /** Returns why no work is taken from others now, in words; null if work is taken. */
  why(): string | null
  /** Returns the owner's pause; null without one. */
  pause(): OwnersPause | null
  /** Begins or ends the owner's pause, at once. Rejects as a write to the journal does. */
  changePause(pause: OwnersPause | null): Promise<void>
  /** Resolves after the first look at the machine. */
  readonly looked: Promise<void>
}

/** Looks at the machine every `share_look_ms`, as far as the settings require it. Never throws. */
export function watchShare({ share, pause, clock, probes, onChange }: ShareNeeds): ShareWatch {
  let why: string | null = null
  let used: Millis | null = null
  let before: CpuReading | null = null
  let found: MachineUse = { others_cpu_percent: null, typed_at: null, on_battery: null }
  let ended = false
  let off = (): void => {}
  const othersCpu = async (): Promise<number | null> => {
    const now = await bounded(probes.cpu())
    const percent = before !== null && now !== null ? othersPercent(before, now) : null
    before = now
    return percent
  }
  const use = async (): Promise<MachineUse> => ({
    others_cpu_percent: share.pause_when_used ? await othersCpu() : null,
    typed_at: share.pause_when_used ? await bounded(probes.typed()) : null,
    on_battery: share.on_battery ? null : await bounded(probes.battery()),
  })
  const judge = (): void => {
    const owners = pause.current()
    const now = pauseText(pauseReasons(share, found, used, clock.now(), owners), share, owners)
    const changed = (now === null) !== (why === null)
    why = now
    if (changed) onChange(now !== null, now)
  }
  const look = async (): Promise<void> => {
    found = await use()
    if (ended) return
    used = usedAt(used, found, clock.now())
    judge()
    off = clock.after(limits.share_look_ms, () => void look())
  }
  return {
    why: () => why,
    pause: () => pause.current(),
    changePause: async (changed) => {
      await pause.change(changed)
      if (!ended) judge()
    },
    looked: look(),
    [Symbol.dispose]: () => {
      ended = true
      off()
    },
  }
}
