import { expect, test } from 'vitest'
import { PeerAddresses } from '../../../../host/daemon/peers/peer-addresses.ts'
import { limits } from '../../../../host/limits.ts'
import type { AgentKey } from '../../../../host/types/events.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Presence } from '../../../../zomes-bindings/generated/agent-registry.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { peer } from '../../mesh/fixtures.ts'

/** A peer that says where it is. */
function at(agent: AgentKey, port: number, seenAt = port): Peer {
  const one = peer(agent)
  const presence: Presence = {
    addresses: [`/ip4/10.0.0.1/tcp/${port}`],
    availability: 'online',
    load: one.card.load,
    held_grants: 0,
    reply: false,
  }
  return { ...one, presence, seenAt }
}

/** Counts the notes, on a clock whose sleep ends when the test says so. */
function setting() {
  const journal = new MemoryJournal()
  const put = journal.put.bind(journal)
  const counted = { puts: 0, fails: false }
  journal.put = async (...note) => {
    counted.puts += 1
    if (counted.fails) throw new Error('the disk is full')
    return put(...note)
  }
  let wake = (): void => {}
  const clock = {
    now: () => 0,
    sleep: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const rested = async () => {
    wake()
    await settle()
  }
  return { counted, settle, rested, open: () => PeerAddresses.open(journal, clock) }
}

test('the addresses of peers survive a restart', async () => {
  const { open } = setting()
  {
    await using said = await open()
    said.note([at('ann', 1), at('bob', 2)])
    said.note([peer('ann'), at('bob', 3)])
    expect(said.of('ann')).toEqual(['/ip4/10.0.0.1/tcp/1'])
  }
  await using again = await open()
  expect([again.of('ann'), again.of('bob')]).toEqual([['/ip4/10.0.0.1/tcp/1'], ['/ip4/10.0.0.1/tcp/3']])
  expect(again.of('cid')).toEqual([])
})

test('changed addresses are written, many changes at once', async () => {
  const { open, counted, settle, rested } = setting()
  await using said = await open()
  said.note([at('ann', 1)])
  for (let port = 2; port < 100; port += 1) said.note([at('ann', port)])
  await settle()
  expect(counted.puts).toBe(1)
  await rested()
  expect(counted.puts).toBe(2)
  await rested()
  said.note([at('ann', 99, 1_000)])
  await settle()
  expect(counted.puts).toBe(2)
})

test('the addresses of the peers heard last are kept, up to a bound', async () => {
  const { open } = setting()
  const peers = Array.from({ length: limits.addresses_kept_max + 1 }, (_, n) => at(`peer-${n}`, n + 1))
  {
    await using said = await open()
    said.note(peers)
    expect(said.of('peer-0')).toHaveLength(1)
  }
  await using again = await open()
  expect([again.of('peer-0'), again.of('peer-1')]).toEqual([[], ['/ip4/10.0.0.1/tcp/2']])
})

test("a full disk costs the addresses' note and nothing else", async () => {
  const { open, counted } = setting()
  counted.fails = true
  await using said = await open()
  said.note([at('ann', 1)])
  expect(said.of('ann')).toHaveLength(1)
})
