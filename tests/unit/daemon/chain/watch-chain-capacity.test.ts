import { expect, test, vi } from 'vitest'
import { watchChainCapacity } from '../../../../host/daemon/chain/watch-chain-capacity.ts'
import { statusView } from '../../api/status-view.ts'

test('a nearly full chain is reported once in each epoch', async () => {
  const [free, tight] = [statusView().epoch, statusView({ tight: true, posts: 12, runs: 37 }).epoch]
  const next = { ...tight, epoch: 8 }
  const looks = [free, tight, tight, free, tight, next, next]
  const logged: unknown[] = []
  const said: string[] = []
  let seen = 0
  using _watching = watchChainCapacity({
    epoch: () => looks[Math.min(seen++, looks.length - 1)] ?? free,
    clock: { sleep: () => new Promise((done) => setImmediate(done)) },
    emit: (event) => void logged.push(event),
    say: (line) => void said.push(line),
  })
  await vi.waitFor(() => expect(seen).toBeGreaterThan(looks.length))
  expect(logged).toMatchObject([{ type: 'chain_filling', epoch: 7 }, { epoch: 8 }])
  expect(said).toHaveLength(2)
  expect(said[0]).toBe(
    'warning: the chain of this epoch is nearly full: until 2026-11-23T00:00:00Z it takes at least 12 more tasks posted here, or 37 of others',
  )
})
