/** Decides when the owner's settings keep tasks of others away. */
import type { ShareConfig } from '../config/config.ts'
import { limits } from '../limits.ts'
import type { Millis } from '../types/events.ts'
import { isWithin, minuteOfDay, parseHours } from './hours.ts'
import type { OwnersPause } from './pause.ts'

/** Measured use of the machine. Null means unknown, which pauses nothing. */
export interface MachineUse {
  /** Share of all cores that programs other than Ripple's use, in percent. */
  readonly others_cpu_percent: number | null
  /** Time of the last input at a terminal, in milliseconds since 1970. */
  readonly typed_at: Millis | null
  readonly on_battery: boolean | null
}

/** The reason why no work is taken from others now. */
export type PauseReason = 'owner' | 'hours' | 'used' | 'battery'

/**
 * Returns when a person last used the machine, from the current measurement and the time known before; null for never.
 */
export function usedAt(before: Millis | null, use: MachineUse, now: Millis): Millis | null {
  const busy = (use.others_cpu_percent ?? 0) >= limits.share_used_cpu_percent
  const times = [before, use.typed_at, busy ? now : null].filter((at) => at !== null)
  return times.length === 0 ? null : Math.max(...times)
}

/** Returns the owner's reasons to take no work from others now; empty without one. */
export function pauseReasons(
  share: Pick<ShareConfig, 'hours' | 'pause_when_used' | 'on_battery'>,
  { on_battery }: Pick<MachineUse, 'on_battery'>,
  used_at: Millis | null,
  now: Millis,
  pause: OwnersPause | null,
): PauseReason[] {
  const reasons: PauseReason[] = []
  if (pause !== null) reasons.push('owner')
  const hours = share.hours.map(parseHours)
  if (hours.length > 0 && !isWithin(minuteOfDay(now), hours)) reasons.push('hours')
  const lately = used_at !== null && now - used_at < limits.share_used_rest_ms
  if (share.pause_when_used && lately) reasons.push('used')
  if (!share.on_battery && on_battery === true) reasons.push('battery')
  return reasons
}

/** Formats the reasons for people; null without any. */
export function pauseText(
  reasons: readonly PauseReason[],
  { hours }: Pick<ShareConfig, 'hours'>,
  pause: OwnersPause | null,
): string | null {
  const until = pause?.until == null ? '' : ` until ${new Date(pause.until).toISOString()}`
  const words = {
    owner: `its owner has paused it${until}`,
    hours: `it is outside of its hours (${hours.join(', ')})`,
    used: 'somebody uses the machine',
    battery: 'the machine runs on battery',
  }
  return reasons.length === 0 ? null : reasons.map((reason) => words[reason]).join(', ')
}
