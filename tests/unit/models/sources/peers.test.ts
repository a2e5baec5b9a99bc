import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { modelPeers } from '../../../../host/models/sources/peers.ts'
import type { Message } from '../../../../host/types/message.ts'
import { RAW_BLOCK_BYTES_MAX } from '../../../../zomes-bindings/generated/limits.ts'
import { sha256Hex } from '../../../harness/sha256.ts'
import { cardOf } from '../../../harness/sim/card.ts'

const MiB = RAW_BLOCK_BYTES_MAX
const sha256 = sha256Hex('a model')
const signal = new AbortController().signal

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-peers-'))
})
afterEach(() => rm(dir, { recursive: true }))

/** A clock that goes on only as `pass` says, and rings in between. */
function steppedClock() {
  let now = 0
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>()
  return {
    now: () => now,
    after: (ms: number, ring: () => void) => {
      const alarm = { at: now + ms, ring }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
    pass: (ms: number): void => {
      now += ms
      for (const alarm of alarms) if (alarm.at <= now && alarms.delete(alarm)) alarm.ring()
    },
  }
}

/** Fetches a file of so many bytes from one peer that gives pieces of it, the next one after so many milliseconds. */
async function fetched(bytes: number, lengths: Iterable<number>, every_ms: number) {
  const agent = 'uhCAkBob'
  const clock = steppedClock()
  let hear = (_from: string, _message: Message): void => {}
  const messages = {
    send: async (to: string) =>
      hear(to, { type: 'model_is', file: sha256, model: { sha256, cid: 'a cid', bytes } }),
    onMessage: (heard: typeof hear) => {
      hear = heard
      return () => {}
    },
  }
  const read = async function* (_cid: unknown, _from: unknown, _range: unknown, stop: AbortSignal) {
    for (const length of lengths) {
      clock.pass(every_ms)
      stop.throwIfAborted()
      yield Buffer.alloc(length)
    }
  }
  const card = cardOf(agent, { name: 'Bob', models: [sha256] })
  const others = () => [{ agent, card, presence: null, seenAt: null }]
  const peers = modelPeers({ exchange: { read }, messages: messages as never, clock, others })
  const [place] = await peers.places({ name: 'a', sha256, cid: null }, null, signal)
  const path = join(dir, 'a.gguf')
  const part = `${path}.part`
  const download = { path, part, bytes: null, signal, onProgress: () => {}, note: () => {} }
  const ended = await place?.fetch(download).then(
    () => null,
    (error) => error,
  )
  return { ended, seconds: clock.now() / 1_000, here: (await readFile(part)).length }
}

function* ever(length: number): Generator<number> {
  for (;;) yield length
}

test('a file comes over a slow line', async () => {
  const { ended, here } = await fetched(4 * MiB + 1, [MiB, MiB, MiB, MiB, 1], 7_500)
  expect([ended, here]).toEqual([null, 4 * MiB + 1])
})

test.each([
  ['nothing', 0, 1, 25],
  ['a byte now and then', 1, 1, 25],
  ['half a block now and then', MiB / 2, 20, 40],
  ['a block just before it counts as silent', MiB, 24, 96],
])('a peer that gives %s delays the next source for a bounded time', async (_what, length, every, until) => {
  const { ended, seconds } = await fetched(1_000 * MiB, ever(length), every * 1_000)
  expect(ended).toMatchObject({ code: 'RIPPLE_TIMEOUT' })
  expect(seconds).toBeLessThanOrEqual(until)
})

test('the bytes of a too slow peer stay for the next source', async () => {
  const { ended, here } = await fetched(8 * MiB, ever(MiB), 24_000)
  expect(ended.message).toBe('more than 3 of 8 MiB from the peers that give it took longer than 84000 ms')
  expect(here).toBe(3 * MiB)
})
