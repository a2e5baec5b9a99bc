/** Runs the task of `npm start` between the two peers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { followTask } from '../cli/follow.ts'
import type { Printer } from '../cli/print.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../operations/context.ts'
import { peerView } from '../operations/machine/view.ts'
import { taskView } from '../operations/task/view.ts'
import type { Peer } from './peers.ts'

/** Milliseconds between two checks whether the poster sees the worker. */
const LOOK_EVERY_MS = 200

const peersAnswer = z.object({ peers: z.array(peerView) })

/** A machine as the poster sees it by its card. */
export type SeenPeer = z.output<typeof peerView>

/**
 * Waits until the poster has heard from the worker, and returns the peers that it sees. Rejects with `RIPPLE_TIMEOUT`.
 */
export async function untilSeen(poster: Peer, worker: Peer, signal: AbortSignal): Promise<SeenPeer[]> {
  const deadline = performance.now() + limits.peer_seen_ms
  while (performance.now() < deadline) {
    const { peers } = peersAnswer.parse(await poster.client.call('peers', {}, signal))
    if (peers.some((peer) => peer.agent === worker.agent && peer.state === 'online')) return peers
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
  throw new RippleError('RIPPLE_TIMEOUT', { what: 'the meeting of the two peers', ms: limits.peer_seen_ms })
}

/** Posts the prompt and shows the task's progress until it is closed. */
export async function runTask(
  poster: Peer,
  request: { readonly prompt: string; readonly max_tokens: number; readonly key: string },
  print: Printer,
  signal: AbortSignal,
): Promise<TaskView> {
  const shown = new AbortController()
  const showing = followTask(poster.client, request.key, print, AbortSignal.any([shown.signal, signal]))
  try {
    return taskView.parse(await poster.client.call('task.post', { ...request, wait: true }, signal))
  } finally {
    shown.abort()
    await showing
  }
}
