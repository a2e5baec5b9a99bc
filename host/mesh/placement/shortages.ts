/** Finds what all known machines lack for a task. */
import type { RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { type Lack, lacks, type Needs } from '../state/lacks.ts'

/** A requirement that known machines never meet for a task, summed over all of them. */
export interface Shortage {
  readonly code: RefusalCode
  /** The requirement, for people. */
  readonly needs: string
  /** Machines that lack it. */
  readonly peers: number
  /** The machine among them that comes nearest, and its value. */
  readonly nearest: { readonly name: string; readonly has: string }
}

/**
 * Returns the requirements that keep all known machines from a task, the most common first; empty if a machine can run
 * it. Whether a machine is present, busy or draining does not matter: that passes.
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

/** Formats shortages as one line: the requirement, how many of the machines lack it, and the value of the nearest. */
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
