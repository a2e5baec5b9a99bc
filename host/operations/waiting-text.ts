/** Describes in one line for people what a task without a worker waits for. */
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
  not_accepted: 'waits to be accepted',
  excluded: 'gave a result that was rejected',
} satisfies Partial<Record<RefusalCode, string>>
/** Codes of machines that are not mentioned, because they could never run the task. */
const unfit: readonly string[] = ['model_missing', 'class_unsupported'] satisfies RefusalCode[]

/** Names each machine that could run a task and its obstacle; null without an obstacle, or if the task has a worker. */
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
