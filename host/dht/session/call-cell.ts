/** Calls zome functions in the conductor's cells, and restarts a conductor that takes no more writes. */
import { setTimeout as wait } from 'node:timers/promises'
import { type CellId, encodeHashToBase64 } from '@holochain/client'
import type { ZomeCall } from '../../../zomes-bindings/index.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { FullDisk } from '../call/full-disk.ts'
import { SerialQueue } from '../call/serial-queue.ts'
import { writesToChain } from '../call/writing-functions.ts'
import { callWithRetry } from '../call/zome-call.ts'
import type { ForkGuard } from '../fork-guard/fork-guard.ts'
import type { Link } from './link.ts'
import type { Session } from './session.ts'

const patience = {
  ms: limits.write_patience_ms,
  sleep: (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }),
}

/** The error of a write that the conductor did not get to: SQLite's, or the client's after its deadline. */
const NOT_TAKEN = /database is locked|timed out/i

/** A cell to call. Its key is the same in all sessions. */
export interface CalledCell {
  readonly key: string
  /** Returns the cell in a session. */
  find(session: Session): CellId
}

/**
 * Calls a zome function of a cell. Rejects as `callWithRetry` does, with `RIPPLE_CONDUCTOR_DOWN` while the conductor is
 * down, and a write with `RIPPLE_CHAIN_BEHIND`.
 */
export type CellCall = (cell: CalledCell, ...call: Parameters<ZomeCall>) => Promise<unknown>

/**
 * Returns the function that calls cells over the current session. A write waits for the guard, and for earlier writes to the
 * same cell. After `limits.write_patience_ms` the next write no longer waits: an entry that names other agents' events may
 * wait for a peer that has died.
 *
 * The two writes then compete for one chain: the engine accepts the first to end, and the other is called again. A full disk
 * is reported before anything else is written. `restart` ends a conductor that has taken no write for `limits.writes_fail_ms`.
 * Holochain 0.7.1 may keep a transaction open, and only the end of its process frees that lock.
 */
export function cellCaller(
  link: Link,
  guard: ForkGuard,
  disk: Pick<FullDisk, 'seen'>,
  restart: () => void,
): CellCall {
  const lanes = new Map<string, SerialQueue>()
  /** The first failed write of a session since its last success; `since` is by the monotonic clock in milliseconds. */
  let failing: { readonly session: Link['session']; readonly since: number } | null = null
  const failed = (session: Link['session'], thrown: unknown): never => {
    if (NOT_TAKEN.test(toRippleError(thrown).message)) {
      if (failing?.session !== session) failing = { session, since: performance.now() }
      if (performance.now() - failing.since >= limits.writes_fail_ms) {
        failing = null
        restart()
      }
    }
    throw thrown
  }
  return ({ key, find }, role, zome, fn, payload, signal) => {
    const once = async (timeoutMs: number) => {
      const { session } = link
      const cell_id = await session.ready(find(session))
      return session.app.callZome({ cell_id, zome_name: zome, fn_name: fn, payload }, timeoutMs)
    }
    const call = () =>
      callWithRetry(once, signal).catch((thrown: unknown) => {
        throw disk.seen(toRippleError(thrown))
      })
    const write = async () => {
      const { session } = link
      const dna = encodeHashToBase64(find(session)[0])
      // The guard is asked before the turn, because a write that waits for the guard during its turn is overtaken by the
      // next. It is asked again during the turn, for what was found since.
      await guard.allow(dna, signal)
      const allowed = () => guard.allow(dna, signal).then(call)
      const lane = lanes.get(key) ?? new SerialQueue(patience)
      lanes.set(key, lane)
      const answer = await lane.take(allowed, signal).catch((thrown: unknown) => failed(session, thrown))
      failing = null
      guard.wrote(dna, answer)
      return answer
    }
    return writesToChain(role, fn) ? write() : call()
  }
}
