import { expect, test } from 'vitest'
import { cellCaller } from '../../../host/dht/call-cell.ts'
import type { ForkGuard } from '../../../host/dht/fork-guard.ts'
import { noRoom } from '../../../host/dht/full-disk.ts'
import type { Link } from '../../../host/dht/link.ts'
import type { RippleError } from '../../../host/errors/ripple-error.ts'

const never = new AbortController().signal

test('a write that waits for its turn is not sent after one for which the disk had no room', async () => {
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
  const call = cellCaller({ session } as unknown as Link, guard, { seen })
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
