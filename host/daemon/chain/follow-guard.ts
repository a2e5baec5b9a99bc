/** Pauses the work while the fork guard refuses writes. */
import type { ForkGuard } from '../../dht/fork-guard/fork-guard.ts'
import { limits } from '../../limits.ts'
import type { PresenceBoard } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Clock } from '../../types/clock.ts'
import type { Work } from '../../work/work.ts'

/** Parts of the daemon that follow the guard's findings. */
export interface GuardFollowers {
  readonly guard: Pick<ForkGuard, 'refusal' | 'onChange'>
  readonly work: Pick<Work, 'hold'>
  readonly registry: {
    publish(signal: AbortSignal): Promise<unknown>
    readonly presence: Pick<PresenceBoard, 'beatNow'>
  }
  readonly emit: Emit
  readonly clock: Pick<Clock, 'sleep'>
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Holds the work while own chains may not be written to, says why, and releases it when writes are allowed again. */
export function followGuard(followers: GuardFollowers): Disposable {
  const { guard, emit, say } = followers
  let refused = false
  let telling = new AbortController()
  const look = (): void => {
    const refusal = guard.refusal()
    if (refused === (refusal !== null)) return
    refused = refusal !== null
    if (refusal) {
      emit({ type: 'chains_held', ...failureOf(refusal) }, refusal)
      say(`warning: ${refusal.message} [${refusal.code}]\nhint: ${refusal.hint}`)
    } else {
      emit({ type: 'chains_freed' })
      say('the own chains may be written to again')
    }
    telling.abort()
    telling = new AbortController()
    void tell(refused, followers, AbortSignal.any([followers.signal, telling.signal]))
  }
  look()
  const off = guard.onChange(look)
  return {
    [Symbol.dispose]: () => {
      off()
      telling.abort()
    },
  }
}

/**
 * Passes the state to the work until that succeeds: the work reads its chain before it resumes, and that may fail.
 * Never rejects.
 */
async function tell(
  refused: boolean,
  { work, registry, clock, emit }: GuardFollowers,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work.hold(refused)
      registry.presence.beatNow()
      if (refused) return
      // The work may accept new tasks already. Writing the card may wait for peers that have died, so it gets a beat of
      // its own.
      await registry.publish(signal)
      registry.presence.beatNow()
      return
    } catch (thrown) {
      if (!signal.aborted) emit({ type: 'work_unheld', ...failureOf(thrown) }, thrown)
    }
    await clock.sleep(limits.hold_retry_ms, signal).catch(() => {})
  }
}
