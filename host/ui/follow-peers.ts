/** Follows the machines of the network. */
import { pageLimits } from '../limits/page.ts'
import { send } from './call.ts'
import { Refusal } from './refusal.ts'
import { piecesOf, serverEvents } from './server-events.ts'

/**
 * Calls back at once and after each change of the machines, until the signal is aborted. A stream that breaks is opened again.
 * Rejects with a `Refusal` if the key is not valid any more. `changed` must not reject.
 */
export async function followPeers(
  key: string,
  changed: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const look = oneAtATime(changed)
  while (!signal.aborted) {
    try {
      const answer = await send({ path: '/api/events?kinds=peers', key }, signal)
      look()
      for await (const _event of serverEvents(piecesOf(answer))) look()
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.status === 401) throw thrown
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, pageLimits.page_follow_pause_ms))
  }
}

/** Returns a function that runs `work`, and once more after it if it was called meanwhile. */
function oneAtATime(work: () => Promise<void>): () => void {
  let called = 0
  const run = async (): Promise<void> => {
    for (let done = 0; done < called; ) {
      done = called
      await work()
    }
    called = 0
  }
  return () => {
    called += 1
    if (called === 1) void run()
  }
}
