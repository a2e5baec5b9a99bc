import { describe, expect, it } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { ReceiveQuota } from '../../../host/net/quota.ts'
import { Turns } from '../../../host/net/turns.ts'
import { agentKey } from './agents.ts'

const never = new AbortController().signal

describe('turns', () => {
  it('let no more in than their number, for each key, and serve the rest in order', async () => {
    const turns = new Turns(2)
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

  it('reject who no longer waits, and pass the place on after a failure', async () => {
    const turns = new Turns(1)
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
})

describe('the quota of what is being received', () => {
  it('bounds each agent, and all together', () => {
    const quota = new ReceiveQuota()
    const taken = Array.from({ length: limits.messages_in_flight_max }, () => quota.take(agentKey('a')))
    expect(taken.every(Boolean)).toBe(true)
    expect(quota.take(agentKey('a'))).toBe(false)
    expect(quota.take(agentKey('b'))).toBe(true)
    quota.release(agentKey('a'))
    expect(quota.take(agentKey('a'))).toBe(true)
    const all = limits.messages_bytes_in_flight_max / limits.message_bytes_max
    const letters = 'cdefghijklmnopqrstuvwxyz'.split('')
    const more = letters.flatMap((letter) => Array.from({ length: 8 }, () => quota.take(agentKey(letter))))
    expect(more.filter(Boolean).length).toBe(all - limits.messages_in_flight_max - 1)
  })
})
