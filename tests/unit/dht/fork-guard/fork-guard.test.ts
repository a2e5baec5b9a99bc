// Tests of the fork guard with a chain in memory, and of opening epochs with it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AgentPubKey,
  CellType,
  type DnaHash,
  encodeHashToBase64,
  HolochainError,
} from '@holochain/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EpochCells, type EpochCellsNeeds } from '../../../../host/dht/epochs/epoch-cells.ts'
import { ChainHeadStore } from '../../../../host/dht/fork-guard/chain-head-store.ts'
import { type ChainReader, ForkGuard } from '../../../../host/dht/fork-guard/fork-guard.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'

const dna = 'uhC0kMesh'
const signal = new AbortController().signal
const chain = { role: 'resource_mesh', seed: 'net-epoch1', dna, fresh: false }
let folder: string
let book: ChainHeadStore
let guard: ForkGuard
/** Why heads could not be remembered. */
let unnoted: unknown[]
/** The own chain as the conductor holds it, oldest first. */
let held: string[]

const reader: ChainReader = {
  headAfter: async (_dna, from) => {
    if (from === null) return held.at(-1) ?? null
    return held.includes(from) ? (held.at(-1) ?? null) : null
  },
  reaches: async (_dna, seq) => Number(held.at(-1)?.slice('uhCkk'.length)) >= seq,
  isWhole: async () => true,
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-guard-'))
  book = ChainHeadStore.open(folder, `uhCAk${'a'.repeat(48)}`)
  unnoted = []
  guard = new ForkGuard(
    () => book,
    (error) => unnoted.push(error),
  )
  held = ['uhCkk1', 'uhCkk2']
})
afterEach(() => {
  vi.restoreAllMocks()
  guard[Symbol.dispose]()
  book[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

/** Resolves when the guard has found something out, which it looks for every half second. */
const changed = () => new Promise<void>((resolve) => guard.onChange(resolve))

/** Lets the guard's clock go on by what it is called with, in milliseconds. */
function passing(): (ms: number) => void {
  const now = performance.now.bind(performance)
  let passed = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passed)
  return (ms) => {
    passed += ms
  }
}

describe('the fork guard', () => {
  test('the fork guard delays writes until no peer holds more', async () => {
    book.note(chain, { hash: 'uhCkk2', at: 1 })
    await guard.begin([chain], [], reader)
    expect(guard.checking()).toBe(true)
    expect(guard.questions()).toEqual([{ dna, head: 'uhCkk2' }])
    const allowed = guard.allow(dna, signal)
    guard.decide()
    await allowed
    expect(guard.questions()).toEqual([])
    expect(guard.refusal()).toBeNull()
  })

  test('the fork guard refuses writes while the remembered head is missing', async () => {
    book.note(chain, { hash: 'uhCkk4', at: 1 })
    await guard.begin([chain], [], reader)
    await expect(guard.allow(dna, signal)).rejects.toMatchObject({ code: 'RIPPLE_CHAIN_BEHIND' })
    guard.decide()
    expect(guard.refusal()).toMatchObject({ facts: { role: 'resource_mesh', missing: 'uhCkk4' } })
    held.push('uhCkk3', 'uhCkk4')
    await changed()
    await guard.allow(dna, signal)
  })

  test('a paused fork guard allows and remembers nothing until the next session', async () => {
    await guard.begin([{ ...chain, fresh: true }], [], reader)
    const told = vi.fn()
    guard.onChange(told)
    guard.pause(new RippleError('RIPPLE_DISK_FULL', { path: 'x' }))
    expect(told).toHaveBeenCalledOnce()
    await expect(guard.allow(dna, signal)).rejects.toMatchObject({ code: 'RIPPLE_DISK_FULL' })
    expect(() => guard.refuseUnsound()).toThrow()
    expect(guard.refusal()).toMatchObject({ code: 'RIPPLE_DISK_FULL' })
    // The conductor answers and reads back what will be gone with its process.
    held.push('uhCkk3')
    guard.wrote(dna, 'uhCkk3')
    await guard.noteHead(dna)
    expect(book.get(dna)?.hash).toBe('uhCkk2')
    held.pop()
    await guard.begin([chain], [], reader)
    expect(guard.refusal()).toBeNull()
    await guard.allow(dna, signal)
  })

  test("the fork guard refuses writes until a peer's longer chain has come", async () => {
    await guard.begin([chain], [], reader)
    guard.asking(limits.peer_word_ms)
    await guard.hear(dna, 3)
    guard.decide()
    await expect(guard.allow(dna, signal)).rejects.toMatchObject({ facts: { missing: 'action 3' } })
    held.push('uhCkk3')
    await changed()
    await guard.allow(dna, signal)
  })

  test("the fork guard waits for a peer's furthest action and all before it", async () => {
    let whole = false
    await guard.begin([chain], [], { ...reader, isWhole: async () => whole })
    guard.asking(limits.peer_word_ms)
    for (const seq of [3, 5, 4]) await guard.hear(dna, seq)
    guard.decide()
    held.push('uhCkk3', 'uhCkk5')
    await sleep(2 * limits.head_look_ms)
    expect(guard.refusal()).toMatchObject({ code: 'RIPPLE_CHAIN_BEHIND' })
    whole = true
    await changed()
    await guard.allow(dna, signal)
  })

  test("a peer's answer whose last action has arrived counts as no news", async () => {
    await guard.begin([chain], [], reader)
    held.push('uhCkk3')
    await guard.hear(dna, 3)
    guard.decide()
    await guard.allow(dna, signal)
  })

  test("a peer's answer during the reading of the chain counts", async () => {
    const answered = Promise.withResolvers<void>()
    const headAfter = vi.fn(reader.headAfter)
    await guard.begin([chain], [], { ...reader, headAfter })
    guard.asking(limits.peer_word_ms)
    headAfter.mockImplementationOnce(async (...asked) => {
      await answered.promise
      return reader.headAfter(...asked)
    })
    const reading = guard.noteHead(dna)
    await guard.hear(dna, 3)
    answered.resolve()
    await reading
    await sleep(2 * limits.head_look_ms)
    expect(guard.refusal()).toMatchObject({ facts: { missing: 'action 3' } })
  })

  test('the time for answers runs from when somebody can be asked', async () => {
    const pass = passing()
    await guard.begin([chain], [], reader)
    const allowed = vi.fn()
    const waiting = guard.allow(dna, signal).then(allowed)
    pass(10 * limits.peers_view_ms)
    await sleep(2 * limits.head_look_ms)
    expect(allowed).not.toHaveBeenCalled()
    guard.asking(limits.peers_view_ms)
    await sleep(2 * limits.head_look_ms)
    expect(allowed).not.toHaveBeenCalled()
    guard.asking(limits.peer_word_ms)
    pass(limits.peer_word_ms - 4 * limits.head_look_ms)
    await sleep(2 * limits.head_look_ms)
    expect(allowed).not.toHaveBeenCalled()
    pass(4 * limits.head_look_ms)
    await waiting
  })

  test('a cell without credentials gets its grants before anybody can be asked', async () => {
    await guard.begin([chain], [], reader)
    await guard.allowGrants(dna, signal)
    expect(guard.checking()).toBe(true)
    guard.asking(limits.peer_word_ms)
    const allowed = guard.allowGrants(dna, signal)
    await guard.hear(dna, 3)
    await expect(allowed).rejects.toMatchObject({ code: 'RIPPLE_CHAIN_BEHIND' })
  })

  test('a cell without credentials gets no grants while the remembered head is missing', async () => {
    book.note(chain, { hash: 'uhCkk4', at: 1 })
    await guard.begin([chain], [], reader)
    await expect(guard.allowGrants(dna, signal)).rejects.toMatchObject({ code: 'RIPPLE_CHAIN_BEHIND' })
  })

  test("the fork guard does not believe a peer's answer for ever", async () => {
    const pass = passing()
    await guard.begin([chain], [], reader)
    guard.asking(limits.peer_word_ms)
    await guard.hear(dna, 3)
    expect(guard.refusal()).toMatchObject({ facts: { missing: 'action 3' } })
    const cleared = changed()
    pass(limits.peer_word_ms + limits.head_claim_ms)
    await cleared
    await guard.allow(dna, signal)
  })

  test('the fork guard ignores answers about a decided chain', async () => {
    await guard.begin([chain], [], reader)
    guard.decide()
    await guard.hear(dna, 3)
    await guard.allow(dna, signal)
  })

  test("the fork guard does not take its own write for a peer's news", async () => {
    await guard.begin([chain], [], reader)
    guard.decide()
    held.push('uhCkk3')
    guard.wrote(dna, 'uhCkk3')
    await guard.hear(dna, 3)
    expect(guard.refusal()).toBeNull()
    expect(book.get(dna)?.hash).toBe('uhCkk3')
  })

  test('the fork guard remembers the head that it finds and the last of several writes', async () => {
    await guard.begin([chain], [], reader)
    expect(book.get(dna)?.hash).toBe('uhCkk2')
    guard.wrote(dna, ['uhCkk3', 'uhCkk4'])
    expect(book.get(dna)?.hash).toBe('uhCkk4')
    guard.wrote(dna, null)
    expect(book.get(dna)?.hash).toBe('uhCkk4')
    guard.wrote(dna, { hash: 'uhCkk5', seq: 5 })
    expect(book.get(dna)?.hash).toBe('uhCkk5')
  })

  test('a write stays though its head cannot be remembered', async () => {
    await guard.begin([chain], [], reader)
    guard.decide()
    const full = new Error('database or disk is full')
    vi.spyOn(book, 'note').mockImplementation(() => {
      throw full
    })
    guard.wrote(dna, { hash: 'uhCkk3', seq: 3 })
    expect(unnoted).toEqual([full])
    await guard.allow(dna, signal)
  })

  test('a chain that was cleared in this run is not asked about again', async () => {
    await guard.begin([chain], [], reader)
    guard.decide()
    await guard.begin([chain], [], reader)
    await guard.allow(dna, signal)
    held = ['uhCkk1']
    await guard.begin([chain], [], reader)
    await expect(guard.allow(dna, signal)).rejects.toMatchObject({ code: 'RIPPLE_CHAIN_BEHIND' })
  })

  test('the fork guard knows of a chain that is not here', async () => {
    book.note({ role: 'resource_mesh', seed: 'net-epoch2', dna: 'uhC0kNext' }, { hash: 'uhCkk9', at: 1 })
    expect(guard.written('resource_mesh', 'net-epoch3')).toEqual([])
    expect(guard.written('resource_mesh', 'net-epoch2')).toEqual([{ dna: 'uhC0kNext', head: 'uhCkk9' }])
    await guard.begin([chain], ['net-epoch2', 'net-epoch3'], reader)
    expect(guard.refusal()).toMatchObject({ facts: { missing: 'uhCkk9' } })
  })

  test('a chain that begins in this session is written to and remembered', async () => {
    await guard.begin([], [], reader)
    const next = { role: 'resource_mesh', seed: 'net-epoch3', dna: 'uhC0kNext' }
    await guard.begun(next)
    await guard.allow(next.dna, signal)
    expect(guard.written('resource_mesh', 'net-epoch3')).toEqual([{ dna: next.dna, head: 'uhCkk2' }])
    held.push('uhCkk3')
    await guard.noteHead(next.dna)
    expect(guard.written('resource_mesh', 'net-epoch3')).toEqual([{ dna: next.dna, head: 'uhCkk3' }])
    guard.wrote(next.dna, 'uhCkk7')
    expect(book.ofSeed('net-epoch3')).toEqual([{ role: 'resource_mesh', seed: 'net-epoch3', dna: next.dna }])
  })
})

describe('an epoch of a new app', () => {
  const hash = (kind: number, fill: number) => Uint8Array.from([132, kind, 36, ...new Array(36).fill(fill)])
  const [me, dnaNow]: [AgentPubKey, DnaHash] = [hash(32, 1), hash(45, 3)]
  const [seed, before, now] = ['net-epoch7', encodeHashToBase64(hash(45, 2)), encodeHashToBase64(dnaNow)]

  /** Its epochs, in a conductor that gives the seed its DNA of now; `make` makes the cell, or fails. */
  function epochs(did: string[], make: () => void = () => undefined): Promise<EpochCells> {
    const cell = { type: CellType.Provisioned, value: { cell_id: [dnaNow, me] } }
    const clone = {
      cell_id: [dnaNow, me],
      clone_id: 'resource_mesh.0',
      enabled: true,
      dna_modifiers: { network_seed: seed },
    }
    const needs = {
      admin: {
        listApps: async () => [],
        generateAgentPubKey: async () => hash(32, 9),
        installApp: async () => {
          did.push('guest comes')
          return { cell_info: { resource_mesh: [cell] } }
        },
        uninstallApp: async () => void did.push('guest leaves'),
        dumpState: async () => {
          throw new Error(`K2 Space ${now} does not exist`)
        },
        deleteCloneCell: async () => void did.push('cell deleted'),
      },
      app: {
        createCloneCell: async () => {
          did.push('cell')
          make()
          return clone
        },
        appInfo: async () => ({
          cell_info: { resource_mesh: did.includes('cell') ? [{ type: CellType.Cloned, value: clone }] : [] },
        }),
        disableCloneCell: async () => void did.push('cell disabled'),
      },
      info: { agent_pub_key: me, cell_info: {} },
      seed: 'net',
      rules: { length_ms: 1_000, kept: 1, max_action_seq: 10, archive_days: null },
      start: { properties: { max_action_seq: 10 } },
      happ: 'ripple.happ',
      leftFile: join(folder, 'left'),
      guard,
      checkRoom: async () => {},
      onMade: async () => {},
    } as unknown
    return EpochCells.read(needs as EpochCellsNeeds)
  }

  test('an epoch of a new app opens though its key used another DNA of the seed', async () => {
    book.note({ role: 'resource_mesh', seed, dna: before }, { hash: 'uhCkk9', at: 1 })
    await guard.begin([], [seed], reader)
    expect(guard.refusal()).toMatchObject({ facts: { missing: 'uhCkk9' } })
    const did: string[] = []
    await (await epochs(did)).open(7)
    expect(did).toEqual(['guest comes', 'guest leaves', 'cell'])
    expect(guard.refusal()).toBeNull()
    await guard.begin([{ ...chain, seed, dna: now }], [seed], reader)
    expect(guard.refusal()).toBeNull()
  })

  test('a cell whose chain could not begin is removed and made again', async () => {
    await guard.begin([], [seed], reader)
    const did: string[] = []
    const failures = [new HolochainError('internal_error', 'Failed to run genesis: disk full')]
    const opening = await epochs(did, () => {
      const failure = failures.shift()
      if (failure) throw failure
    })
    await expect(opening.open(7)).rejects.toThrow('disk full')
    await opening.open(7)
    expect(did).toEqual(['cell', 'cell disabled', 'cell deleted', 'cell'])
  })

  test.each([
    ['time-out', new Error('Request timed out in 240000 ms: create_clone_cell')],
    ['cell that is there', new HolochainError('internal_error', 'a cell with an existing id')],
  ])('a cell is not removed after a %s', async (_what, failure) => {
    await guard.begin([], [seed], reader)
    const did: string[] = []
    const opening = await epochs(did, () => {
      throw failure
    })
    await expect(opening.open(7)).rejects.toThrow(failure)
    expect(did).toEqual(['cell'])
  })
})
