import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import type { Listener, Word } from '../../../host/peers/presence.ts'
import { sendPresence } from '../../../host/peers/send-presence.ts'
import type { AgentKey } from '../../../host/types/events.ts'

const beat: Word = {
  presence: {
    addresses: [],
    availability: 'online',
    load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
    held_grants: 0,
    reply: false,
  },
  card: null,
}
const goodbye: Word = { ...beat, presence: { ...beat.presence, availability: 'offline' } }
const onward = new AbortController().signal

/** Two ways to other machines, of which streams reach only those in `reachable`. */
function ways(...reachable: AgentKey[]) {
  const open = new Set<AgentKey>(reachable)
  const streamed: AgentKey[] = []
  const signalled: AgentKey[] = []
  let now = 1_000_000
  let conductor = true
  const say = sendPresence({
    stream: async (to) => {
      if (!open.has(to)) throw new Error('no way')
      streamed.push(to)
    },
    heartbeat: {
      beat: async (_presence, _card, to) => {
        if (!conductor) throw new Error('the conductor is down')
        signalled.push(...to)
      },
    },
    clock: { now: () => now, sleep: async () => {} },
  })
  const turn = { now: () => now, pass: (ms: number) => (now += ms) }
  const conductorIs = (up: boolean) => {
    conductor = up
  }
  return { say, open, streamed, signalled, conductorIs, ...turn }
}

const silent = (...agents: AgentKey[]): Listener[] => agents.map((agent) => ({ agent, heardAt: null }))

describe('sayPresence', () => {
  test('presence goes by stream to reachable peers and by signal to the others', async () => {
    const { say, streamed, signalled } = ways('ann', 'bob')
    await say(silent('ann', 'cid', 'bob'), beat, onward)
    expect([streamed, signalled]).toEqual([['ann', 'bob'], ['cid']])
  })

  test('a goodbye goes by stream too', async () => {
    const { say, streamed, signalled } = ways('ann')
    await say(silent('ann'), goodbye, onward)
    expect([streamed, signalled]).toEqual([['ann'], []])
  })

  test('an unreached peer is signalled at once, until a stream reaches it', async () => {
    const { say, open, streamed, signalled, now, pass } = ways()
    await say(silent('ann'), beat, onward)
    open.add('ann')
    for (let beats = 0; beats < 3; beats += 1) {
      pass(limits.presence_every_ms)
      await say([{ agent: 'ann', heardAt: now() }], beat, onward)
    }
    expect(streamed).toEqual(['ann', 'ann', 'ann'])
    expect(signalled).toEqual(['ann', 'ann'])
  })

  test('a silent peer is signalled at growing intervals, for ever', async () => {
    const { say, signalled, now, pass } = ways()
    const at: number[] = []
    const start = now()
    for (let looks = 0; looks < 1_000; looks += 1) {
      const before = signalled.length
      await say(silent('gone'), beat, onward)
      if (signalled.length > before) at.push((now() - start) / limits.presence_look_ms)
      pass(limits.presence_look_ms)
    }
    const longest = (limits.presence_signal_beats_max * limits.presence_every_ms) / limits.presence_look_ms
    expect(at.slice(0, 10)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
    expect(at[10]).toBe(256 + longest)
  })

  test('an ask that comes a little early after a lost signal is sent all the same', async () => {
    const { say, signalled, pass } = ways()
    for (const looks of [1, 2, 4]) {
      await say(silent('ann'), beat, onward)
      pass(looks * limits.presence_look_ms - 10)
    }
    await say(silent('ann'), beat, onward)
    expect(signalled).toHaveLength(4)
  })

  test('a heard peer without a stream is signalled in every beat', async () => {
    const { say, signalled, now, pass } = ways()
    for (let beats = 0; beats < 20; beats += 1) {
      await say([{ agent: 'far', heardAt: now() }], beat, onward)
      pass(limits.presence_every_ms)
    }
    expect(signalled).toHaveLength(20)
  })

  test('streams carry presence while the conductor is down, and unsent signals do not count', async () => {
    const { say, streamed, signalled, conductorIs } = ways('ann')
    await say(silent('ann', 'cid'), beat, onward)
    conductorIs(false)
    await expect(say([{ agent: 'cid', heardAt: Infinity }, ...silent('ann')], beat, onward)).rejects.toThrow()
    expect(streamed).toEqual(['ann', 'ann'])
    conductorIs(true)
    await say([{ agent: 'cid', heardAt: Infinity }], beat, onward)
    expect(signalled).toEqual(['cid', 'cid'])
  })

  test('presence uses no more streams than a node keeps connections', async () => {
    const agents = Array.from({ length: limits.presence_streams_max + 2 }, (_, at) => `peer-${at}`)
    const { say, streamed, signalled } = ways(...agents)
    await say(silent(...agents), beat, onward)
    expect(streamed).toHaveLength(limits.presence_streams_max)
    expect(signalled).toEqual(agents.slice(-2))
  })
})
