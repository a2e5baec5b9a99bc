// Calls the cells of the conductor, and starts it anew when it takes no more writes.
import { setTimeout as wait } from 'node:timers/promises'
import { type CellId, encodeHashToBase64 } from '@holochain/client'
import type { ZomeCall } from '../../zomes-bindings/index.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { ForkGuard } from './fork-guard.ts'
import type { FullDisk } from './full-disk.ts'
import { Lane } from './lane.ts'
import type { Link } from './link.ts'
import type { Session } from './session.ts'
import { writesToChain } from './writing-functions.ts'
import { callWithRetry } from './zome-call.ts'

const patience = {
  ms: limits.write_patience_ms,
  sleep: (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }),
}

/** How a write fails that the conductor does not get to: SQLite's words, or the client's after its deadline. */
const NOT_TAKEN = /database is locked|timed out/i

/** A cell as a call names it: its key is the same over all sessions. */
export interface CalledCell {
  readonly key: string
  /** The cell in the session of then. */
  find(session: Session): CellId
}

/**
 * Calls a zome function of a cell. Rejects as `callWithRetry` does, while the conductor is down with `RIPPLE_CONDUCTOR_DOWN`,
 * and a write with `RIPPLE_CHAIN_BEHIND`.
 */
export type CellCall = (cell: CalledCell, ...call: Parameters<ZomeCall>) => Promise<unknown>

/**
 * Calls go over the session of then; writes wait for the guard, and those to one cell for each other. A write that takes longer
 * than `limits.write_patience_ms` is not waited for: one that names what others wrote may wait for a peer that has died. The
 * two are at the same chain then, and the engine lets only the first to end write; the other is called again. That the disk is
 * full is told before anything else is written. `restart` ends a conductor that has taken no write for `limits.writes_fail_ms`:
 * holochain 0.7.1 may keep a transaction open, whose lock only the end of its process frees.
 */
export function cellCaller(
  link: Link,
  guard: ForkGuard,
  disk: Pick<FullDisk, 'seen'>,
  restart: () => void,
): CellCall {
  const lanes = new Map<string, Lane>()
  /** When a write was first not taken since one was, by the monotonic clock in milliseconds. */
  let failingSince: number | null = null
  const failed = (thrown: unknown): never => {
    if (NOT_TAKEN.test(toRippleError(thrown).message)) {
      failingSince ??= performance.now()
      if (performance.now() - failingSince >= limits.writes_fail_ms) {
        failingSince = null
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
      const dna = encodeHashToBase64(find(link.session)[0])
      // Before its turn, because whoever waits for the guard in it is passed by the next; and in it, for what was found since.
      await guard.allow(dna, signal)
      const allowed = () => guard.allow(dna, signal).then(call)
      const lane = lanes.get(key) ?? new Lane(patience)
      lanes.set(key, lane)
      const answer = await lane.take(allowed, signal).catch(failed)
      failingSince = null
      guard.wrote(dna, answer)
      return answer
    }
    return writesToChain(role, fn) ? write() : call()
  }
}
