import { setImmediate as settled } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { receiptMaker } from '../../../../host/daemon/receipts/receipt-file.ts'
import type { Dht } from '../../../../host/dht/port.ts'
import type { TaskView } from '../../../../host/mesh/view/view.ts'
import type { MeshEvent } from '../../../../host/types/events.ts'
import type { TaskSecrets } from '../../../../host/work/poster/secrets.ts'

const { signal } = new AbortController()

test('several receipts are made one by one, but for the fetch of outputs', async () => {
  const nothing = new Uint8Array()
  const secrets: TaskSecrets = {
    payload: nothing,
    payload_salt: nothing,
    output: null,
    output_salt: null,
    output_key: null,
    prefix_bytes: null,
  }
  const fetching = Promise.withResolvers<TaskSecrets>()
  const reading = Promise.withResolvers<MeshEvent | null>()
  const get = vi.fn((task: string) => (task === 'b' ? reading.promise : Promise.resolve(null)))
  const work = { secrets: (task: string) => (task === 'a' ? fetching.promise : Promise.resolve(secrets)) }
  const make = receiptMaker({ work, conductor: { dht: { get } as unknown as Dht } })
  const made = ['a', 'b', 'c'].map((task) =>
    make({ task } as TaskView, signal).catch((error: { code: string }) => error.code),
  )
  await vi.waitFor(() => expect(get).toHaveBeenCalled())
  await settled()
  expect(get.mock.calls.map(([task]) => task)).toEqual(['b'])
  reading.resolve(null)
  expect(await Promise.all(made.slice(1))).toEqual(['RIPPLE_EVENT_UNKNOWN', 'RIPPLE_EVENT_UNKNOWN'])
  fetching.resolve(secrets)
  expect(await made[0]).toBe('RIPPLE_EVENT_UNKNOWN')
  expect(get.mock.calls.map(([task]) => task)).toEqual(['b', 'c', 'a'])
})
