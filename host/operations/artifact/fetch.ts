/** Fetches an artifact, and reports the peers that it asks and the time that has passed. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Context } from '../context.ts'
import { span } from '../text.ts'

/** Milliseconds between progress reports of a running fetch. */
const FETCH_TELL_MS = 5_000
/** Most peers that a report names. */
const NAMED_MAX = 5

interface Wanted {
  readonly cid: string
  readonly timeout_ms: number
  readonly id: string
}

/**
 * Runs a fetch within its time. Rejects as `fetch` does, and with `RIPPLE_ARTIFACT_UNAVAILABLE` when the time is over.
 */
export async function fetchWithProgress<T>(
  context: Pick<Context, 'artifacts' | 'holders' | 'peers' | 'tell'>,
  { cid, timeout_ms, id }: Wanted,
  signal: AbortSignal,
  fetch: (from: readonly AgentKey[], within: AbortSignal) => Promise<T>,
): Promise<T> {
  const from = await context.holders(cid, signal)
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)])
  let telling: NodeJS.Timeout | undefined
  try {
    if (!(await context.artifacts.has(cid, within))) {
      const asked = await namesOf(from, context, signal)
      telling = reportOften((text) => context.tell(id, text), asked, timeout_ms)
    }
    return await fetch(from, within)
  } catch (thrown) {
    if (signal.aborted || !within.aborted || thrown instanceof RippleError) throw thrown
    throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid }, { cause: thrown })
  } finally {
    clearInterval(telling)
  }
}

/** Reports the peers that a fetch asks, and then the elapsed time at regular intervals. */
function reportOften(tell: (text: string) => void, asked: string, timeoutMs: number): NodeJS.Timeout {
  tell(`not here: asking ${asked}, for ${span(timeoutMs)} at most`)
  let ms = 0
  return setInterval(() => {
    ms += FETCH_TELL_MS
    tell(`not all of it is here after ${span(ms)} of ${span(timeoutMs)}`)
  }, FETCH_TELL_MS)
}

async function namesOf(
  from: readonly AgentKey[],
  { peers }: Pick<Context, 'peers'>,
  signal: AbortSignal,
): Promise<string> {
  if (from.length === 0) return 'whoever is connected, for no peer is known'
  const known = await peers(signal)
  const names = from.map((agent) => known.find((peer) => peer.agent === agent)?.card.agent_name ?? agent)
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`
}
