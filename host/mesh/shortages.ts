import type { RefusalCode } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'
import { type Lack, lacks, type Needs } from './lacks.ts'

/** Something that keeps machines from ever running a task, over all that are known. */
export interface Shortage {
  readonly code: RefusalCode
  /** What is asked, for people. */
  readonly needs: string
  /** Machines that lack it. */
  readonly peers: number
  /** The machine that comes nearest among them, and what it has. */
  readonly nearest: { readonly name: string; readonly has: string }
}

/**
 * What keeps every known machine from ever running a task, what most of them lack first; empty when one can. Whether a
 * machine is there, busy or draining does not matter: that passes.
 */
export function shortages(task: Needs, peers: readonly Peer[]): Shortage[] {
  const all = peers.map((peer) => ({ name: peer.card.agent_name, list: lacks(task, peer.card) }))
  if (all.some(({ list }) => list.length === 0)) return []
  const found = all.flatMap(({ name, list }) => list.map((lack) => ({ name, lack })))
  const byCode = Object.values(Object.groupBy(found, ({ lack }) => lack.code))
  return byCode.flatMap((list) => shortageOf(list ?? [])).sort((a, b) => b.peers - a.peers)
}

function shortageOf(found: readonly { readonly name: string; readonly lack: Lack }[]): Shortage[] {
  const nearest = found.toSorted((a, b) => b.lack.amount - a.lack.amount)[0]
  if (!nearest) return []
  const { code, needs, has } = nearest.lack
  return [{ code, needs, peers: found.length, nearest: { name: nearest.name, has } }]
}

/** Shortages as one line, over so many machines: what is asked, how many lack it, and what the nearest has. */
export function shortagesText(list: readonly Shortage[], machines: number): string {
  return list
    .map(({ needs, peers, nearest }) => {
      const who = peers === machines ? `all ${machines}` : `${peers} of ${machines}`
      return machines === 1
        ? `${needs} (the only known machine is ${nearest.name} with ${nearest.has})`
        : `${needs} (${who} machines lack it, the nearest is ${nearest.name} with ${nearest.has})`
    })
    .join('; ')
}
