/** Runs the task of `npm start` between the two peers. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { followTask } from '../cli/follow.ts'
import type { Printer } from '../cli/print.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../operations/context.ts'
import { peers } from '../operations/machine/shape.ts'
import { callOperation } from '../operations/remote.ts'
import { taskPost } from '../operations/task/shape.ts'
import type { Peer } from './peers.ts'

/** Milliseconds between two checks whether the poster sees the worker. */
const LOOK_EVERY_MS = 200

/** A machine as the poster sees it by its card. */
export type SeenPeer = z.output<typeof peers.output>['peers'][number]

/**
 * Waits until the poster has heard from the worker, and returns the peers that it sees. Rejects with `RIPPLE_TIMEOUT`.
 */
export async function untilSeen(poster: Peer, worker: Peer, signal: AbortSignal): Promise<SeenPeer[]> {
  const deadline = performance.now() + limits.peer_seen_ms
  while (performance.now() < deadline) {
    const seen = (await callOperation(poster.client, peers, {}, signal)).peers
    if (seen.some((peer) => peer.agent === worker.agent && peer.state === 'online')) return seen
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
    return await callOperation(poster.client, taskPost, { ...request, wait: true }, signal)
  } finally {
    shown.abort()
    await showing
  }
}
