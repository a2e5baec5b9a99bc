/** Holds this machine and the machines of its network, which many views name. */
import { signal } from '@preact/signals'
import type { AnswerOf } from '../daemon/call.ts'
import { short } from '../format/sentence-parts.ts'
import { words } from '../words/words.ts'

export const machine = signal<AnswerOf<'status'> | null>(null)
export const peers = signal<AnswerOf<'peers'>['peers']>([])

/** Returns a machine's name, or the beginning of its key if its card is unknown. */
export function nameOf(agent: string): string {
  const peer = peers.value.find((one) => one.agent === agent)
  if (peer === undefined) return short(agent)
  return peer.self ? words.parts.thisMachine(peer.name) : peer.name
}
