import { limits } from '../limits.ts'
import type { StatusView } from '../operations/context.ts'
import { roomText } from '../operations/text.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'

/** What is looked at, and who is told. */
export interface RoomWatch {
  /** The epoch that new tasks go to, and the room on the own chain. */
  epoch(): StatusView['epoch']
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'warn'>
  readonly say: (line: string) => void
}

/**
 * Says once in each epoch that the own chain is nearly full, while it still takes something: who posts much hears of it
 * before a post is refused, and who runs much for others before those are refused, of which nobody here is told. Until it is
 * disposed.
 */
export function watchRoom(watched: RoomWatch): Disposable {
  const ending = new AbortController()
  void watch(watched, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch({ epoch, clock, log, say }: RoomWatch, signal: AbortSignal): Promise<void> {
  let said: number | null = null
  while (!signal.aborted) {
    const now = epoch()
    const text = roomText(now.room, now.ends_at)
    if (text !== null && said !== now.epoch) {
      said = now.epoch
      log.warn({ epoch: now.epoch, ...now.room }, `the chain of this epoch is ${text}`)
      say(`warning: the chain of this epoch is ${text}`)
    }
    await clock.sleep(limits.chain_look_ms, signal).catch(() => undefined)
  }
}
