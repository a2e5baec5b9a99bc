import { describe, expect, it, vi } from 'vitest'
import { PeerQuota } from '../../../host/net/peer-quota.ts'
import { Turns } from '../../../host/net/turns.ts'
import { agentKey } from './agents.ts'

const never = new AbortController().signal

describe('turns', () => {
  it('turns admit a bounded number for each key and serve the rest in order', async () => {
    const turns = new Turns({ atOnce: 2, waiting: 8 })
    const running = { now: 0, most: 0 }
    const order: number[] = []
    const work = async (at: number) => {
      running.now += 1
      running.most = Math.max(running.most, running.now)
      await new Promise((resolve) => setImmediate(resolve))
      running.now -= 1
      order.push(at)
    }
    await Promise.all([0, 1, 2, 3, 4].map((at) => turns.run('a', () => work(at), never)))
    expect(running.most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  it('turns reject an aborted waiter and go on after a failure', async () => {
    const turns = new Turns({ atOnce: 1, waiting: 8 })
    const gate = Promise.withResolvers<void>()
    const first = turns.run('a', () => gate.promise, never)
    const impatient = new AbortController()
    const second = turns.run('a', async () => 2, impatient.signal)
    const third = turns.run('a', async () => 3, never)
    impatient.abort(new DOMException('no longer', 'AbortError'))
    await expect(second).rejects.toThrow('no longer')
    gate.reject(new DOMException('failed', 'AbortError'))
    await expect(first).rejects.toThrow('failed')
    expect(await third).toBe(3)
  })

  it("turns reject a peer's excess at once, and accept more once a waiter left", async () => {
    const turns = new Turns({ atOnce: 1, waiting: 1 })
    const gate = Promise.withResolvers<void>()
    const impatient = new AbortController()
    const first = turns.run('a', () => gate.promise, never)
    const second = turns.run('a', async () => 2, impatient.signal)
    const work = vi.fn(async () => 0)
    const refusal = { code: 'RIPPLE_PEER_UNREACHABLE', facts: { agent: 'a' } }
    await expect(turns.run('a', work, never)).rejects.toMatchObject(refusal)
    expect(work).not.toHaveBeenCalled()
    expect(await turns.run('b', async () => 'another peer', never)).toBe('another peer')
    impatient.abort(new DOMException('no longer', 'AbortError'))
    await expect(second).rejects.toThrow('no longer')
    const third = turns.run('a', async () => 3, never)
    gate.resolve()
    expect(await Promise.all([first, third])).toEqual([undefined, 3])
  })
})

describe('a quota', () => {
  it('a quota bounds each peer and all together', () => {
    const quota = new PeerQuota({ each: 2, all: 3 })
    expect(['a', 'a', 'a'].map((name) => quota.take(agentKey(name)))).toEqual([true, true, false])
    expect(['b', 'c'].map((name) => quota.take(agentKey(name)))).toEqual([true, false])
    quota.release(agentKey('a'))
    expect(['c', 'a'].map((name) => quota.take(agentKey(name)))).toEqual([true, false])
  })
})
