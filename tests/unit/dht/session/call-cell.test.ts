// Tests of how writes to a cell wait, fail and end a conductor that takes none.
import { expect, test, vi } from 'vitest'
import { noRoom } from '../../../../host/dht/call/full-disk.ts'
import type { ForkGuard } from '../../../../host/dht/fork-guard/fork-guard.ts'
import { cellCaller } from '../../../../host/dht/session/call-cell.ts'
import type { Link } from '../../../../host/dht/session/link.ts'
import type { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'

const never = new AbortController().signal

test('a queued write is not sent after one that met a full disk', async () => {
  let full: RippleError | null = null
  let sent = 0
  const session = {
    ready: async () => [],
    app: {
      callZome: async () => {
        sent += 1
        throw new Error('database or disk is full')
      },
    },
  }
  const allow = async () => {
    if (full) throw full
  }
  const guard = { allow, wrote: () => undefined } as unknown as ForkGuard
  const seen = (error: RippleError) => {
    full = noRoom()
    return error
  }
  const call = cellCaller({ session } as unknown as Link, guard, { seen }, () => undefined)
  const cell = {
    key: 'mesh',
    find: () => [new Uint8Array(39), new Uint8Array(39)] as [Uint8Array, Uint8Array],
  }
  const write = () => call(cell, 'resource_mesh', 'scheduling', 'commit', null, never)
  const ended = await Promise.allSettled([write(), write()])
  const refused = { status: 'rejected', reason: { code: 'RIPPLE_DISK_FULL' } }
  expect(ended).toMatchObject([refused, refused])
  expect(sent).toBe(1)
})

test('writes of one cell wait for each other, and those of two do not', async () => {
  const gate = Promise.withResolvers<void>()
  const log: unknown[] = []
  const session = {
    ready: async () => [],
    app: {
      callZome: async ({ payload }: { readonly payload: unknown }) => {
        if (payload === 'a1') await gate.promise
        log.push(payload)
      },
    },
  }
  const guard = { allow: async () => undefined, wrote: () => undefined } as unknown as ForkGuard
  const call = cellCaller({ session } as unknown as Link, guard, { seen: (error) => error }, () => undefined)
  const find = () => [new Uint8Array(39), new Uint8Array(39)] as [Uint8Array, Uint8Array]
  const write = (key: string, what: string) =>
    call({ key, find }, 'resource_mesh', 'scheduling', 'commit', what, never)
  const ofA = [write('a', 'a1'), write('a', 'a2')]
  await write('b', 'b1')
  gate.resolve()
  await Promise.all(ofA)
  expect(log).toEqual(['b1', 'a1', 'a2'])
})

test.each([
  ['database is locked', 1],
  ['Request timed out in 30000 ms: call_zome', 1],
  ['InvalidCommit', 0],
])(
  'a conductor whose writes fail for a minute with %j is restarted so often: %i',
  async (words, restarts) => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      let answers = false
      const session = {
        ready: async () => [],
        app: {
          callZome: async () => {
            if (!answers) throw new Error(words)
          },
        },
      }
      const guard = { allow: async () => undefined, wrote: () => undefined } as unknown as ForkGuard
      const restart = vi.fn()
      const call = cellCaller({ session } as unknown as Link, guard, { seen: (error) => error }, restart)
      const find = () => [new Uint8Array(39), new Uint8Array(39)] as [Uint8Array, Uint8Array]
      const write = () =>
        call({ key: 'mesh', find }, 'resource_mesh', 'scheduling', 'commit', null, never).catch(
          () => undefined,
        )
      await write()
      vi.advanceTimersByTime(limits.writes_fail_ms)
      answers = true
      await write()
      answers = false
      await write()
      expect(restart).not.toHaveBeenCalled()
      vi.advanceTimersByTime(limits.writes_fail_ms)
      await write()
      await write()
      expect(restart).toHaveBeenCalledTimes(restarts)
    } finally {
      vi.useRealTimers()
    }
  },
)
