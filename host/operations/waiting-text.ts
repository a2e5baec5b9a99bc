/** What a task that nobody has waits for, in one line for people. */
import type { RefusalCode } from '../types/message.ts'
import type { WhyView } from './context.ts'
import { peerName } from './text.ts'

const words: Readonly<Record<string, string>> = {
  busy: 'has no place free',
  chain_full: 'has a full chain until its next epoch',
  draining: 'is draining',
  offline: 'is away',
  owner_paused: 'is paused by its owner',
  policy_refuses: 'refuses it by its policy',
  excluded: 'gave a result that was rejected',
} satisfies Partial<Record<RefusalCode, string>>
/** Of machines with one of these nothing is said: the task was never one for them. */
const unfit: readonly string[] = ['model_missing', 'class_unsupported'] satisfies RefusalCode[]

/** Names each machine that could run a task and what keeps it from that; null where nothing does, or somebody has the task. */
export function waitingText({ state, now, peers }: WhyView): string | null {
  if (state !== 'posted' && state !== 'offered') return null
  const kept = peers.flatMap((peer) => {
    const code = peer.codes[0] ?? peer.answered?.code
    if (code === undefined || unfit.includes(code)) return []
    return [`${peerName(peer)} ${words[code] ?? `answers ${code}`}`]
  })
  if (kept.length > 0) return `it waits: ${kept.join('; ')}`
  return now?.on === 'nobody' ? 'it waits: no machine that can run it is there' : null
}
