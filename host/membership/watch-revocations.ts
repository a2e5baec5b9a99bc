/** Looks for revocations that have arrived, and acts on new ones. */
import type { PolicyStore } from '../../zomes-bindings/policy-store.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import type { PrivateMembership } from './membership.ts'

/** The parts that the watch uses. */
export interface RevocationNeeds {
  readonly membership: Pick<PrivateMembership, 'take'>
  readonly store: PolicyStore['revocations']
  readonly clock: Clock
  /** Called for each newly revoked agent. */
  readonly onRevoked: (agent: AgentKey) => void
  /** Reports a look that failed; the next one follows anyway. */
  readonly onError: (error: unknown) => void
}

/** Looks at once, and every `limits.revocations_look_ms` until it is disposed. */
export function watchRevocations(needs: RevocationNeeds): AsyncDisposable {
  const stopping = new AbortController()
  const watching = watch(needs, stopping.signal)
  return {
    [Symbol.asyncDispose]: () => {
      stopping.abort()
      return watching
    },
  }
}

async function watch(
  { store, clock, onError, ...needs }: RevocationNeeds,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const { entry } of await store.revoked(signal))
        if (needs.membership.take(entry)) needs.onRevoked(entry.agent)
    } catch (thrown) {
      if (!signal.aborted) onError(thrown)
    }
    await clock.sleep(limits.revocations_look_ms, signal).catch(() => {})
  }
}
