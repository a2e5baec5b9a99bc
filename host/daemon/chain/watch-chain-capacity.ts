/** Warns when the own chain of an epoch is nearly full. */
import { limits } from '../../limits.ts'
import type { StatusView } from '../../operations/context.ts'
import { chainCapacityText } from '../../operations/text.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Clock } from '../../types/clock.ts'

/** The chain to watch, and the receivers of the warning. */
export interface ChainCapacityWatch {
  /** Returns the epoch that new tasks go to, with the space on the own chain. */
  epoch(): StatusView['epoch']
  readonly clock: Pick<Clock, 'sleep'>
  readonly emit: Emit
  readonly say: (line: string) => void
}

/**
 * Warns once in each epoch while the own chain is nearly full, until it is disposed. A frequent poster learns of it
 * before a post is refused. A frequent worker learns of it before offers are refused, which are not reported here.
 */
export function watchChainCapacity(watched: ChainCapacityWatch): Disposable {
  const ending = new AbortController()
  void watch(watched, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch({ epoch, clock, emit, say }: ChainCapacityWatch, signal: AbortSignal): Promise<void> {
  let said: number | null = null
  while (!signal.aborted) {
    const now = epoch()
    const text = chainCapacityText(now.room, now.ends_at)
    if (text !== null && said !== now.epoch) {
      said = now.epoch
      emit({ type: 'chain_filling', epoch: now.epoch, detail: text })
      say(`warning: the chain of this epoch is ${text}`)
    }
    await clock.sleep(limits.chain_look_ms, signal).catch(() => undefined)
  }
}
