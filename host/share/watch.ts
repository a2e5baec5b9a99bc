import type { ShareConfig } from '../config/config.ts'
import { bounded } from '../hardware/bounded.ts'
import { limits } from '../limits.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { Millis } from '../types/events.ts'
import { type MachineUse, pauseReasons, pauseText, usedAt } from './caps.ts'
import { onBattery } from './power.ts'
import { type CpuReading, lastTyped, othersPercent, readCpu } from './use.ts'

/** How the machine is looked at; a probe that fails or is late tells nothing. */
export interface Probes {
  readonly cpu: () => Promise<CpuReading>
  readonly typed: () => Promise<Millis | null>
  readonly battery: () => Promise<boolean | null>
}

/** The machine itself. */
export const realProbes: Probes = { cpu: readCpu, typed: lastTyped, battery: onBattery }

/** What watching needs. */
export interface ShareNeeds {
  readonly share: ShareConfig
  readonly clock: Pick<AlarmClock, 'now' | 'after'>
  readonly probes: Probes
  /** Told when others are kept out from now on, and when that is over. */
  readonly onChange: (paused: boolean, why: string | null) => void
}

/** The owner's settings, held against what the machine is like now. */
export interface ShareWatch extends Disposable {
  /** Why nothing is taken from others now, in words; null when it is. */
  why(): string | null
  /** Resolves when the machine was looked at for the first time. */
  readonly looked: Promise<void>
}

/** Looks at the machine every `share_look_ms`, as far as the settings ask for it. Never throws. */
export function watchShare({ share, clock, probes, onChange }: ShareNeeds): ShareWatch {
  let why: string | null = null
  let used: Millis | null = null
  let before: CpuReading | null = null
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
  const look = async (): Promise<void> => {
    const found = await use()
    if (ended) return
    used = usedAt(used, found, clock.now())
    const now = pauseText(pauseReasons(share, found, used, clock.now()), share)
    const changed = (now === null) !== (why === null)
    why = now
    if (changed) onChange(now !== null, now)
    off = clock.after(limits.share_look_ms, () => void look())
  }
  return {
    why: () => why,
    looked: look(),
    [Symbol.dispose]: () => {
      ended = true
      off()
    },
  }
}
