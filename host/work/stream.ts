import type { Held } from '../mesh/held.ts'
import type { Hands } from './hands.ts'

/**
 * Passes generated text on to the poster in numbered pieces, not more often than the bound allows. What a stand-in
 * generates nobody follows, for its poster is away: it only counts.
 */
export function streamText(held: Held, hands: Hands): { push(text: string): void; flush(): void } {
  const { clock } = hands.needs
  let pending = ''
  let pieces = 0
  let index = 0
  let sentAt = clock.now()
  const flush = () => {
    if (pending === '') return
    const text = pending
    pending = ''
    sentAt = clock.now()
    hands.dispatch({ type: 'run_progressed', grant: held.grant, tokens_out: pieces })
    if (held.fallback) return
    void hands.send(held.poster, { type: 'tokens', task: held.task, attempt: held.attempt, index, text })
    index += 1
  }
  const push = (text: string) => {
    pending += text
    pieces += 1
    hands.failpoint('run.mid')
    if (clock.now() - sentAt >= hands.bounds.tokens_every_ms) flush()
  }
  return { push, flush }
}
