import type { ShareConfig } from '../config/config.ts'
import { limits } from '../limits.ts'
import type { Millis } from '../types/events.ts'
import { isWithin, minuteOfDay, parseHours } from './hours.ts'

/** What the machine was found to be like; null is: not known, and then it keeps nobody out. */
export interface MachineUse {
  /** Percent of all cores that programs other than Ripple's take. */
  readonly others_cpu_percent: number | null
  /** When something was last typed at a terminal, in milliseconds since 1970. */
  readonly typed_at: Millis | null
  readonly on_battery: boolean | null
}

/** Why nothing is taken from others now. */
export type PauseReason = 'hours' | 'used' | 'battery'

/** When somebody last used the machine, by what is known now and what was known before; null is never. */
export function usedAt(before: Millis | null, use: MachineUse, now: Millis): Millis | null {
  const busy = (use.others_cpu_percent ?? 0) >= limits.share_used_cpu_percent
  const times = [before, use.typed_at, busy ? now : null].filter((at) => at !== null)
  return times.length === 0 ? null : Math.max(...times)
}

/** What of the owner's settings keeps others out now; empty when nothing does. */
export function pauseReasons(
  share: Pick<ShareConfig, 'hours' | 'pause_when_used' | 'on_battery'>,
  { on_battery }: Pick<MachineUse, 'on_battery'>,
  used_at: Millis | null,
  now: Millis,
): PauseReason[] {
  const reasons: PauseReason[] = []
  const hours = share.hours.map(parseHours)
  if (hours.length > 0 && !isWithin(minuteOfDay(now), hours)) reasons.push('hours')
  const lately = used_at !== null && now - used_at < limits.share_used_rest_ms
  if (share.pause_when_used && lately) reasons.push('used')
  if (!share.on_battery && on_battery === true) reasons.push('battery')
  return reasons
}

/** The reasons as a person reads them; null where there are none. */
export function pauseText(
  reasons: readonly PauseReason[],
  { hours }: Pick<ShareConfig, 'hours'>,
): string | null {
  const words = {
    hours: `it is outside of its hours (${hours.join(', ')})`,
    used: 'somebody uses the machine',
    battery: 'the machine runs on battery',
  }
  return reasons.length === 0 ? null : reasons.map((reason) => words[reason]).join(', ')
}
