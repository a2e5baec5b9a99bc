import { setTimeout as sleep } from 'node:timers/promises'
import type { Waiting } from '../harness/checker/history.ts'
import type { Peer } from './peer.ts'
import type { World } from './world.ts'

/** How long daemons may hold grants of tasks that have all ended, how often they are asked, and how long one may take. */
const times = { letGoMs: 60_000, everyMs: 1_000, callMs: 5_000 } as const

/**
 * Finds what still waits after every task has ended: a daemon that is not up, or one that holds a grant. A poster
 * announces a close at once and repeats it on request, so a grant that is held longer is held for ever.
 */
export async function waitingIn({ peers, signal }: World): Promise<Waiting[]> {
  const until = performance.now() + times.letGoMs
  for (;;) {
    const waiting = (await Promise.all(peers.map(heldBy))).flat()
    if (waiting.length === 0 || performance.now() >= until) return waiting
    await sleep(times.everyMs, undefined, { signal })
  }
}

async function heldBy(peer: Peer): Promise<Waiting[]> {
  const { agent } = peer
  const status = await peer.call<{ held_grants: number }>('status', {}, times.callMs).catch(() => null)
  if (status === null) return [{ agent, task: null, what: 'its daemon does not answer' }]
  const held = status.held_grants
  return held === 0 ? [] : [{ agent, task: null, what: `its daemon holds ${held} grants` }]
}
