import type { ForkGuard } from '../dht/fork-guard.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import type { Log } from '../telemetry/log.ts'
import type { Work } from '../work/work.ts'
import type { Registry } from './open-registry.ts'

/** What is told of the guard's findings. */
export interface GuardFollowers {
  readonly guard: ForkGuard
  readonly work: Work
  readonly registry: Registry
  readonly log: Log
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Holds the work while own chains may not be written to, says why, and lets it go on when they may again. */
export function followGuard(followers: GuardFollowers): Disposable {
  const { guard, log, say } = followers
  let refused = false
  const look = (): void => {
    const refusal = guard.refusal()
    if (refused === (refusal !== null)) return
    refused = refusal !== null
    if (refusal) {
      log.warn({ code: refusal.code, ...refusal.facts }, refusal.message)
      say(`warning: ${refusal.message} [${refusal.code}]\nhint: ${refusal.hint}`)
    } else {
      log.info('the own chains are whole again')
      say('the own chains are whole again: writing goes on')
    }
    void tell(refused, followers).catch((thrown) => {
      if (!followers.signal.aborted) log.warn({ err: toRippleError(thrown) }, 'the work was not told')
    })
  }
  look()
  const off = guard.onChange(look)
  return { [Symbol.dispose]: off }
}

async function tell(refused: boolean, { work, registry, signal }: GuardFollowers): Promise<void> {
  await work.hold(refused)
  if (!refused) await registry.publish(signal)
  registry.presence.beatNow()
}
