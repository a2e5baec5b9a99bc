/** Makes the fallback part of a Task. */

import { FALLBACK_PAYLOAD_BYTES_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { Fallback, Sensitivity } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Random } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import { publishClear, publishSealed, type Reader, type Salted } from '../context/published.ts'
import { sealBytes } from '../context/seal.ts'

/** The machines that may run a task without the poster, and after how many milliseconds. */
export interface FallbackRequest {
  readonly after_ms: number
  readonly allow: 'any' | readonly StandIn[]
  /**
   * Whether a person named these machines and means each of them; else they are the machines that happen to be known.
   */
  readonly named: boolean
}

/**
 * A machine that may run the task. Its key is needed only for a sealed payload; that of a public task is not sealed.
 */
export interface StandIn {
  readonly agent: AgentKey
  readonly publicKey: string | null
}

/**
 * Returns the fallback of a task, including its payload. Throws `RIPPLE_FALLBACK_INVALID` for values that the rules of
 * the network would refuse.
 */
export function fallbackOf(
  { after_ms, allow }: Pick<FallbackRequest, 'after_ms' | 'allow'>,
  sensitivity: Sensitivity,
  salted: Salted,
  random: Random,
): Fallback {
  const bytes = salted.payload.length
  if (bytes > FALLBACK_PAYLOAD_BYTES_MAX)
    throw invalid(`its payload has ${bytes} bytes, and ${FALLBACK_PAYLOAD_BYTES_MAX} may be published`)
  if (sensitivity === 'public') return { after_ms, allow: allowed(allow), payload: publishClear(salted) }
  if (allow === 'any') throw invalid('a task that any peer may claim is public')
  const readers = allow.filter(isReader)
  if (readers.length < allow.length) throw invalid('the key of a machine that it names is not known')
  return {
    after_ms,
    allow: allowed(allow),
    payload: publishSealed(salted, random.bytes(sealBytes.key), readers, random),
  }
}

function isReader(one: StandIn): one is Reader {
  return one.publicKey !== null
}

function allowed(allow: FallbackRequest['allow']): Fallback['allow'] {
  return allow === 'any' ? { type: 'any' } : { type: 'agents', agents: allow.map(({ agent }) => agent) }
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_FALLBACK_INVALID', { detail })
}
