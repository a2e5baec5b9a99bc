import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { epochAt } from '../../host/config/epoch.ts'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import type { PeerSignal } from '../../host/dht/call/signals.ts'
import type { ConductorEvent, ConductorHandle } from '../../host/dht/session/open-conductor.ts'
import { limits } from '../../host/limits.ts'
import { bindPeer } from '../../host/net/binding.ts'
import { ChunkJoiner, splitChunks } from '../../host/net/chunks.ts'
import { decodeMessage, encodeMessage } from '../../host/net/frame.ts'
import { openPeerKey } from '../../host/net/peer-key.ts'
import { databasesIn, runConductor } from '../../host/processes/conductor.ts'
import { SYNC_EVERY_MS } from '../../host/processes/conductor-config.ts'
import { randomOrigin } from '../../host/processes/origin.ts'
import type { ChildEvent } from '../../host/processes/supervisor.ts'
import type { Message } from '../../host/types/message.ts'
import { systemClock, systemRandom } from '../../host/work/context/clock.ts'
import { WriteQueue } from '../../host/work/context/writes.ts'
import type { Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import { agentRegistry } from '../../zomes-bindings/index.ts'
import { task } from '../conformance/dht.ts'
import { type ConductorNetwork, conductorNetwork, openIn, program } from '../harness/conductors.ts'
import { cardOf } from '../harness/sim/card.ts'
import { slow } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { close, grant, result } from '../tryorama/entries.ts'

const signal = new AbortController().signal
const ARRIVES = { timeout: 90_000, interval: 250 }
/** How soon a start is frozen, and how often that is tried. */
const FROZEN = { timeout: 10_000, interval: 20 }
/** A start that has to fetch a chain may wait for a peer for so long. */
const FETCHED = { timeout: limits.restore_ms, interval: 250 }
const FETCHED_MS = limits.restore_ms + ARRIVES.timeout

let net: ConductorNetwork
let ann: ConductorHandle
let bob: ConductorHandle
const events: ConductorEvent[] = []

beforeAll(async () => {
  net = await conductorNetwork('e2e-conductor')
  await Promise.all([
    net
      .open('ann', (event) => events.push(event))
      .then((opened) => {
        ann = opened
      }),
    net.open('bob').then((opened) => {
      bob = opened
    }),
  ])
}, WARM_MS)
afterAll(async () => {
  await ann?.[Symbol.asyncDispose]()
  await bob?.[Symbol.asyncDispose]()
  await net?.[Symbol.asyncDispose]()
})

const beat: Presence = {
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  availability: 'online',
  load: { cpu_percent: 1, gpu_percent: 0, memory_percent: 2 },
  held_grants: 0,
  reply: false,
}

/** Beats from one to the other until the other hears it. */
async function hears(from: ConductorHandle, to: ConductorHandle): Promise<PeerSignal> {
  const heard: PeerSignal[] = []
  const stop = to.onSignal((got) => heard.push(got))
  try {
    return await vi.waitFor(async () => {
      await agentRegistry(from.call).heartbeat.beat(beat, null, [to.agent], signal)
      const [first] = heard
      expect(first).toBeDefined()
      return first as PeerSignal
    }, ARRIVES)
  } finally {
    stop()
  }
}

describe('two conductors over one forwarder', () => {
  test("two conductors over one forwarder connect and hear each other's presence", async () => {
    expect(await hears(ann, bob)).toEqual({ type: 'presence', from: ann.agent, presence: beat, card: null })
    expect((await bob.networkStats()).connections).toBeGreaterThanOrEqual(1)
  })

  test("two conductors over one forwarder see each other's cards", async () => {
    const key = await openPeerKey(join(net.folder, 'ann', 'peer.key'))
    const peer = await bindPeer(key, ann.agent)
    const card = { ...cardOf(ann.agent, { name: 'ann' }), peer }
    await agentRegistry(ann.call).capabilities.publish(card, signal)
    await vi.waitFor(async () => {
      const cards = await agentRegistry(bob.call).discovery.cards(signal)
      expect(cards.find(({ agent }) => agent === ann.agent)?.card).toEqual(card)
    }, ARRIVES)
  })
})

describe('messages through two conductors without a stream', () => {
  const about = { task: `uhCkk${'a'.repeat(48)}`, attempt: 1 }
  const tokens: Message = {
    ...{ type: 'tokens', ...about, offset: 0, tokens_out: 4_000, last: false },
    text: 'deep sea '.repeat(1_800),
  }
  const payload: Message = {
    ...{ type: 'payload', ...about, prefix: 'The sea', salt: new Uint8Array(32).fill(1) },
    payload: new Uint8Array(limits.message_chunk_bytes_max + 1).fill(7),
  }

  test.each<[string, Message, number]>([
    ['a piece of an answer', tokens, 1],
    ['a message longer than one call', payload, 2],
  ])('%s arrives unchanged through two conductors without a stream', async (_what, message, count) => {
    const sent = Buffer.from(encodeMessage(message))
    const pieces = splitChunks(sent)
    expect(pieces).toHaveLength(count)
    const joiner = new ChunkJoiner()
    const heard: { same: boolean; type: string | undefined }[] = []
    const stop = bob.onSignal((got) => {
      if (got.type !== 'message') return
      const joined = joiner.take(got.from, got.bytes, 0)
      if (joined.kind === 'whole')
        heard.push({ same: sent.equals(joined.bytes), type: decodeMessage(joined.bytes)?.type })
    })
    try {
      for (const piece of pieces) await ann.passOn(bob.agent, piece, signal)
      await vi.waitFor(() => expect(heard).toEqual([{ same: true, type: message.type }]), ARRIVES)
    } finally {
      stop()
    }
  })
})

describe('a conductor that crashes', () => {
  /** The acknowledged events, the last one just before the kill. */
  const written: string[] = []

  async function ownHashes(): Promise<string[]> {
    return (await ann.dht.ownEvents(ann.dht.dnaHash, 0, signal)).map(({ hash }) => hash)
  }

  test('a crashed conductor restarts with all it had acknowledged, and its peer hears it again', async () => {
    const restored = vi.fn()
    ann.onRestored(restored)
    const before = ann.status().pid
    const { hash } = await ann.dht.commit(task(ann.dht, 'key-0000000000000001'), signal)
    written.push(hash)
    process.kill(before ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(restored).toHaveBeenCalledOnce(), ARRIVES)
    expect(ann.status()).toMatchObject({ state: 'ready' })
    expect(ann.status().pid).not.toBe(before)
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['process_ready', 'conductor_connected', 'conductor_lost', 'process_crashed']),
    )
    const cards = await agentRegistry(ann.call).discovery.cards(signal)
    expect(cards.map(({ agent }) => agent)).toContain(ann.agent)
    expect(await ownHashes()).toEqual(written)
    await hears(bob, ann)
  })

  test('calls fail while the conductor is down, and an insisted write waits for it', async () => {
    const writes = new WriteQueue(
      ann.dht,
      systemClock,
      systemRandom,
      signal,
      vi.fn(),
      vi.fn(),
      async () => new Map(),
    )
    const lost = ann.lost()
    process.kill(ann.status().pid ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(lost.aborted).toBe(true), ARRIVES)
    const down = { code: 'RIPPLE_CONDUCTOR_DOWN' }
    await expect(ann.dht.ownEvents(ann.dht.dnaHash, 0, signal)).rejects.toMatchObject(down)
    const insisted = writes.commit(task(ann.dht, 'key-0000000000000002'))
    await expect(writes.commit(task(ann.dht, 'key-0000000000000003'), ann.lost())).rejects.toMatchObject(down)
    expect(ann.status().state).not.toBe('ready')
    written.push((await insisted).hash)
    expect(ann.status().state).toBe('ready')
    expect(await ownHashes()).toEqual(written)
  })
})

describe('a conductor that has yet to sync, beside a peer that is silent', () => {
  test('a conductor that has yet to sync writes without asking a silent peer', async () => {
    const restored = vi.fn()
    ann.onRestored(restored)
    const silent = bob.status().pid ?? 0
    process.kill(silent, 'SIGSTOP')
    try {
      process.kill(ann.status().pid ?? 0, 'SIGKILL')
      await vi.waitFor(() => expect(restored).toHaveBeenCalledOnce(), ARRIVES)
      const { agent, dht } = ann
      // To ask would take the deadline of a request between conductors, and fail.
      const about = (await dht.commit(task(dht, 'key-0000000000000004'), signal)).hash
      const granted = (await dht.commit(grant(dht.dnaHash, about, agent), signal)).hash
      const done = (await dht.commit(result(dht.dnaHash, about, granted), signal)).hash
      const closed = await dht.commit(close(dht.dnaHash, about, granted, done), signal)
      expect(closed.entry).toMatchObject({ type: 'Close', result: done })
    } finally {
      process.kill(silent, 'SIGCONT')
    }
  })
})

describe('a conductor that dies while it is connected to for the first time', () => {
  /** When it is killed, counted from when it is ready, in milliseconds: it installs then. */
  const MOMENT_MS = 100

  test('a conductor that dies at its first connection is restarted with all its data', async () => {
    const seen: string[] = []
    const kill = (pid: number) => setTimeout(() => process.kill(pid, 'SIGKILL'), MOMENT_MS)
    const cat = await net.open('cat', (event) => {
      if (event.type === 'process_ready' && !seen.includes('process_ready')) kill(event.pid)
      seen.push(event.type)
    })
    try {
      await vi.waitFor(() => expect(seen).toContain('process_crashed'), ARRIVES)
      await vi.waitFor(() => expect(cat.status().state).toBe('ready'), ARRIVES)
      expect(await cat.dht.ownEvents(cat.dht.dnaHash, 0, signal)).toEqual([])
    } finally {
      await cat[Symbol.asyncDispose]()
    }
  })
})

describe('a conductor that stands still while it starts', () => {
  /** How long its first start may take, in milliseconds; the next may take twice that, and so on. */
  const READY_MS = 5_000

  test('a conductor that hangs at its start is killed and started again', async () => {
    const folder = join(net.folder, 'fay')
    const settings = {
      folder,
      url: net.network.conductorUrl,
      adminPort: null,
      origin: randomOrigin(),
      gossip: net.network.gossip,
      syncEveryMs: SYNC_EVERY_MS.min,
    }
    const seen: ChildEvent[] = []
    const starting = runConductor(
      {
        program: await program('holochain'),
        passphraseFile: join(folder, 'passphrase'),
        logFile: join(folder, 'conductor.log'),
        settings,
        readyMs: READY_MS,
        onEvent: (event) => seen.push(event),
      },
      signal,
    )
    const frozen = await vi.waitFor(() => {
      const pid = Number(readFileSync(join(folder, 'conductor.pid'), 'utf8'))
      process.kill(pid, 'SIGSTOP')
      return pid
    }, FROZEN)
    await using running = await starting
    expect(seen[0]).toMatchObject({
      type: 'process_crashed',
      detail: expect.stringContaining(`not within ${READY_MS} ms`),
    })
    expect(seen.at(-1)).toMatchObject({ type: 'process_ready' })
    expect(running.current()?.pid).not.toBe(frozen)
  })
})

describe('an epoch whose cell has no chain', () => {
  /** Deletes what the conductor of a data folder holds of a DNA. */
  async function lose(name: string, dna: string, folder: string): Promise<void> {
    const databases = join(folder, name, 'conductor', 'holochain', 'databases')
    const files = (await readdir(databases)).filter((file) => file.startsWith(`dht-${dna}`))
    expect(files).not.toEqual([])
    for (const file of files) await rm(join(databases, file))
  }

  test.runIf(slow)(
    "an epoch's chain is begun afresh if the conductor was killed before the chain existed",
    async () => {
      await using lone = await conductorNetwork('e2e-lone')
      const before = await lone.open('dan')
      const { agent } = before
      const { dnaHash } = before.dht
      await before[Symbol.asyncDispose]()
      // Nobody has seen the chain of one that was alone: without what its own machine keeps of it, it has never been.
      await lose('dan', dnaHash, lone.folder)
      await rm(join(lone.folder, 'heads'), { recursive: true })
      await using dan = await lone.open('dan')
      expect([dan.agent, dan.dht.dnaHash]).toEqual([agent, dnaHash])
      const { hash } = await dan.dht.commit(task(dan.dht, 'key-0000000000000001'), signal)
      expect((await dan.dht.ownEvents(dnaHash, 0, signal)).map((event) => event.hash)).toEqual([hash])
    },
  )

  test.runIf(slow)(
    "an epoch's chain is not begun afresh if chains outside of epochs are lost as well",
    async () => {
      await using lone = await conductorNetwork('e2e-bare')
      const before = await lone.open('dan')
      const { dnaHash } = before.dht
      const known = readdirSync(databasesIn(join(lone.folder, 'dan', 'conductor')))
      const dnas = known.flatMap((file) => /^dht-(.*)\.db$/.exec(file)?.[1] ?? [])
      expect(dnas.length).toBeGreaterThan(2)
      await before[Symbol.asyncDispose]()
      for (const dna of dnas) await lose('dan', dna, lone.folder)
      for (let starts = 0; starts < 2; starts++)
        await expect(lone.open('dan')).rejects.toMatchObject({
          code: 'RIPPLE_CHAIN_LOST',
          facts: { dna: expect.not.stringContaining(dnaHash) },
        })
    },
  )

  test.runIf(slow)(
    'a lost chain is fetched from a peer',
    async () => {
      // Of a network of their own: ann has been killed meanwhile, and may lack what was written as she was away.
      await using mesh = await conductorNetwork('e2e-lost')
      await using eve = await mesh.open('eve')
      await using dan = await mesh.open('dan')
      await hears(dan, eve)
      const { dnaHash } = dan.dht
      const { hash } = await dan.dht.commit(task(dan.dht, 'key-0000000000000002'), signal)
      await vi.waitFor(async () => {
        const held = (await eve.chainOf(dan.agent, dnaHash, null, 100)) ?? []
        expect(held.map(({ seq }) => seq)).toEqual(held.map((_, place) => place))
        expect(held.map((one) => one.hash)).toContain(hash)
      }, ARRIVES)
      // Before the kill, because the next conductor might already have opened what is deleted after it.
      await lose('dan', dnaHash, mesh.folder)
      const lost = dan.lost()
      process.kill(dan.status().pid ?? 0, 'SIGKILL')
      await vi.waitFor(() => expect(lost.aborted).toBe(true), ARRIVES)
      await vi.waitFor(() => expect(dan.status().state).toBe('ready'), FETCHED)
      expect((await dan.dht.ownEvents(dnaHash, 0, signal)).map((event) => event.hash)).toEqual([hash])
      await dan.dht.commit(task(dan.dht, 'key-0000000000000003'), signal)
    },
    FETCHED_MS,
  )
})

describe('a conductor that has noted an epoch and not its DNA', () => {
  /** Names its files of a database. */
  const filesOf = async (databases: string, database: string) =>
    (await readdir(databases)).filter((file) => file.startsWith(database))

  test.runIf(slow)('a conductor without its list of cells gets a new one, and all chains go on', async () => {
    await using lone = await conductorNetwork('e2e-noted')
    const folder = join(lone.folder, 'dan', 'conductor')
    const databases = join(folder, 'holochain', 'databases')
    const copy = join(folder, 'copy')
    const { epoch: rules } = lone.network
    const next = epochAt(Date.now(), rules) + 1
    const before = await lone.open('dan')
    const { agent, dht } = before
    const { hash } = await dht.commit(task(dht, 'key-0000000000000001'), signal)
    await before[Symbol.asyncDispose]()
    const signing = () => JSON.parse(readFileSync(join(lone.folder, 'dan', 'signing.json'), 'utf8'))
    const granted = signing()
    await mkdir(copy)
    for (const file of await filesOf(databases, 'wasm.db')) await cp(join(databases, file), join(copy, file))
    const again = await lone.open('dan')
    await again.epochs.open(next)
    await again[Symbol.asyncDispose]()
    // The state after a kill between the two writes, or after a disk that was full at the second.
    for (const file of await filesOf(databases, 'wasm.db')) await rm(join(databases, file))
    for (const file of await filesOf(copy, 'wasm.db')) await cp(join(copy, file), join(databases, file))
    const seen: string[] = []
    await using dan = await lone.open('dan', ({ type }) => seen.push(type))
    expect(seen).toContain('cells_set_aside')
    expect([dan.agent, dan.dht.dnaHash]).toEqual([agent, dht.dnaHash])
    expect((await dan.dht.ownEvents(dht.dnaHash, 0, signal)).map((event) => event.hash)).toEqual([hash])
    // Open from the beginning: what is not would be taken for left, with the tasks in it.
    expect(dan.epochs.list.map(({ epoch }) => epoch)).toEqual([next - 1, next])
    expect(signing()).toMatchObject(granted)
    const { hash: second } = await dan.dht.commit(task(dan.dht, 'key-0000000000000002'), signal)
    for (const { dht } of dan.epochs.list) {
      const chain = (await dan.chainOf(agent, dht.dnaHash, null, 100)) ?? []
      expect(chain.map(({ seq }) => seq)).toEqual(chain.map((_, place) => place))
    }
    const held = (await dan.chainOf(agent, dht.dnaHash, null, 100)) ?? []
    expect(held.map((one) => one.hash)).toEqual(expect.arrayContaining([hash, second]))
  })
})

describe('a data folder', () => {
  test('a data folder gives the same agent and credentials at the next start', async () => {
    const { agent } = bob
    const written = await bob.dht.ownEvents(bob.dht.dnaHash, 0, signal)
    const signing = readFileSync(join(net.folder, 'bob', 'signing.json'), 'utf8')
    await bob[Symbol.asyncDispose]()
    bob = await net.open('bob')
    expect(bob.agent).toBe(agent)
    expect(readFileSync(join(net.folder, 'bob', 'signing.json'), 'utf8')).toBe(signing)
    expect(await bob.dht.ownEvents(bob.dht.dnaHash, 0, signal)).toEqual(written)
  })

  test('a data folder does not open with another passphrase or on another network', async () => {
    await bob[Symbol.asyncDispose]()
    const file = join(net.folder, 'bob', 'passphrase')
    const right = readFileSync(file, 'utf8')
    writeFileSync(file, 'another one\n')
    await expect(net.open('bob')).rejects.toMatchObject({ code: 'RIPPLE_PASSPHRASE' })
    writeFileSync(file, right)
    const choice = { bootstrap: net.server.url, localName: 'home' }
    const testnet = resolveNetwork(readNetwork('testnet'), choice)
    const opening = openIn(join(net.folder, 'bob'), await program('holochain'), testnet, () => {})
    await expect(opening).rejects.toMatchObject({ code: 'RIPPLE_DATA_OTHER_NETWORK' })
    bob = await net.open('bob')
  })
})
