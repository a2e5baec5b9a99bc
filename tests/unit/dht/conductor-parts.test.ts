import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { AdminWebsocket, CellId, SigningCredentials } from '@holochain/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readHapp } from '../../../host/dht/app/happ.ts'
import { markNetwork } from '../../../host/dht/app/network-mark.ts'
import { sortCallError } from '../../../host/dht/call/call-error.ts'
import { CredentialsFile } from '../../../host/dht/call/credentials.ts'
import { patchGrants } from '../../../host/dht/call/patch-grants.ts'
import { PreparedCells, type PrepareNeeds } from '../../../host/dht/call/prepare-cells.ts'
import { readSignal } from '../../../host/dht/call/signals.ts'
import { writesToChain } from '../../../host/dht/call/writing-functions.ts'
import { callWithRetry } from '../../../host/dht/call/zome-call.ts'
import { openFirstLink } from '../../../host/dht/session/first-link.ts'
import { connectSession, type SessionOptions } from '../../../host/dht/session/session.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { sha256Hex } from '../../harness/sha256.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-dht-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal

/** An error as the client makes it of a conductor's answer. */
function conductorError(message: string): Error {
  return Object.assign(new Error(message), { name: 'internal_error' })
}

describe('sortCallError', () => {
  const wasm = 'Wasm runtime error while working with Ribosome: RuntimeError: '
  test.each([
    [
      'Source chain error: InvalidCommit error: Validation failed while committing: payload_bytes is 0',
      'RIPPLE_DHT_REFUSED',
      'payload_bytes is 0',
    ],
    [
      `${wasm}scheduling::commit:9: Guest("offers are \\"elsewhere\\"")`,
      'RIPPLE_DHT_REFUSED',
      'offers are "elsewhere"',
    ],
    [
      `${wasm}scheduling::__get_event_extern:50: Deserialize([161, 120])`,
      'RIPPLE_DHT_REFUSED',
      'scheduling::get_event cannot read its input',
    ],
    [
      'Validation DepMissingFromDht(uhCkkVNMWcq_xiyhdXYc8ftSxVHykH6ZBJuMsjZmdyqtJ_K8sjb2u) may be retried',
      'RIPPLE_EVENT_UNKNOWN',
      'uhCkkVNMWcq_xiyhdXYc8ftSxVHykH6ZBJuMsjZmdyqtJ_K8sjb2u',
    ],
    [
      `${wasm}Host("Sqlx(Database(SqliteError { code: 13, message: \\"database or disk is full\\" }))")`,
      'RIPPLE_DISK_FULL',
      'no space is left',
    ],
    [
      `${wasm}Host("Other: get response channel dropped: likely response timeout")`,
      'RIPPLE_EVENT_UNKNOWN',
      'that the entry names',
    ],
    [`${wasm}Host("Sqlx(PoolTimedOut)")`, 'RIPPLE_DHT_UNAVAILABLE', 'PoolTimedOut'],
    ['Request timed out in 30000 ms: call_zome', 'RIPPLE_DHT_UNAVAILABLE', 'timed out'],
    ['client closed with pending requests', 'RIPPLE_DHT_UNAVAILABLE', 'client closed'],
  ])('a failed call is sorted by its words: %s', (message, code, words) => {
    expect(sortCallError(conductorError(message))).toMatchObject({
      again: false,
      error: { code, message: expect.stringContaining(words) },
    })
  })

  test('a sorted error does not repeat the secret of a grant', () => {
    const said = 'Call was not authorized with reason BadCapGrant, cap secret Some(58d4b1) to call commit'
    const failure = sortCallError(conductorError(said))
    expect(failure).toMatchObject({ error: { code: 'RIPPLE_DHT_UNAVAILABLE' } })
    expect(inspect(failure)).not.toContain('58d4b1')
  })

  test('a moved head is tried again', () => {
    expect(sortCallError(conductorError('source chain head has moved from 1 to 2'))).toEqual({ again: true })
    expect(sortCallError(conductorError('NetworkError("...HeadMoved...")'))).toEqual({ again: true })
  })
})

describe('callWithRetry', () => {
  const moved = conductorError('source chain head has moved')

  test('`callWithRetry` tries again until the head holds still', async () => {
    const call = vi
      .fn()
      .mockRejectedValueOnce(moved)
      .mockRejectedValueOnce(moved)
      .mockResolvedValue('written')
    expect(await callWithRetry(call, never)).toBe('written')
    expect(call).toHaveBeenCalledTimes(3)
  })

  test('`callWithRetry` gives up on a head that never holds still', async () => {
    const call = vi.fn().mockRejectedValue(moved)
    await expect(callWithRetry(call, never)).rejects.toMatchObject({ code: 'RIPPLE_DHT_UNAVAILABLE' })
  })

  test('`callWithRetry` does not wait when it is aborted', async () => {
    const abort = new AbortController()
    const waiting = callWithRetry(() => new Promise(() => {}), abort.signal)
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  })
})

test('the functions that write to a chain are known', () => {
  expect(writesToChain('resource_mesh', 'commit')).toBe(true)
  expect(writesToChain('resource_mesh', 'get_event')).toBe(false)
  expect(writesToChain('elsewhere', 'commit')).toBe(false)
})

describe('CredentialsFile', () => {
  const cell: CellId = [new Uint8Array(39).fill(1), new Uint8Array(39).fill(2)]
  const other: CellId = [new Uint8Array(39).fill(3), new Uint8Array(39).fill(2)]
  const credentials: SigningCredentials = {
    capSecret: new Uint8Array(64).fill(4),
    signingKey: new Uint8Array(39).fill(5),
    keyPair: {
      keyType: 'ed25519',
      publicKey: new Uint8Array(32).fill(6),
      privateKey: new Uint8Array(64).fill(7),
    },
  }

  test('`CredentialsFile` stores the credentials of each cell for the owner alone', async () => {
    const path = join(folder, 'signing.json')
    const file = await CredentialsFile.read(path)
    expect(file.get(cell)).toBeNull()
    await file.set(cell, credentials)
    await file.set(other, credentials)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const again = await CredentialsFile.read(path)
    expect(again.get(cell)).toEqual(credentials)
    await again.keepOnly([cell])
    expect((await CredentialsFile.read(path)).get(other)).toBeNull()
  })

  test('`CredentialsFile` says which file is broken', async () => {
    const path = join(folder, 'signing.json')
    writeFileSync(path, '{"x":1}')
    await expect(CredentialsFile.read(path)).rejects.toMatchObject({
      code: 'RIPPLE_CONFIG_INVALID',
      facts: { file: path },
    })
  })
})

describe('a cell without credentials', () => {
  const cell: CellId = [new Uint8Array(39).fill(1), new Uint8Array(39).fill(2)]
  const behind = new RippleError('RIPPLE_CHAIN_BEHIND', { role: 'agent_registry', missing: 'uhCkk1' })

  /** It may be written to once the refusals are over; `socket` is the conductor's. */
  async function prepared(
    refusals: RippleError[],
    socket = { readyState: 1, OPEN: 1 },
    callZome: () => Promise<unknown> = async () => null,
    unsound: RippleError | null = null,
  ) {
    const wrote: CellId[] = []
    const needs = {
      appId: 'app',
      admin: {
        client: { socket },
        grantSigningKey: async () => new Uint8Array(64),
        getDnaDefinition: async () => ({ coordinator_zomes: [['capabilities']] }),
        listCapabilityGrants: async () => [],
      },
      app: { callZome },
      credentials: await CredentialsFile.read(join(folder, 'signing.json')),
      refuseUnsound: () => {
        if (unsound) throw unsound
      },
      mayWrite: async () => {
        const refusal = refusals.shift()
        if (refusal) throw refusal
      },
      wrote: async (one: CellId) => void wrote.push(one),
    } as unknown
    return { cells: new PreparedCells(needs as PrepareNeeds), wrote }
  }

  test('a cell without credentials is refused while its chain lacks actions, and a start waits', async () => {
    const { cells, wrote } = await prepared([behind, behind])
    await expect(cells.ready(cell)).rejects.toBe(behind)
    expect(await cells.readyWhenWhole(cell)).toBe(cell)
    expect(wrote).toEqual([cell])
  })

  test('a cell without credentials is not called while no writes are allowed', async () => {
    const full = new RippleError('RIPPLE_DISK_FULL', { path: 'x' })
    const callZome = vi.fn()
    const { cells, wrote } = await prepared([], undefined, callZome, full)
    await expect(cells.ready(cell)).rejects.toBe(full)
    expect([callZome.mock.calls, wrote]).toEqual([[], []])
  })

  test('a cell without credentials is not waited for longer than the conductor lives', async () => {
    const { cells } = await prepared([behind], { readyState: 3, OPEN: 1 })
    await expect(cells.readyWhenWhole(cell)).rejects.toBe(behind)
  })

  test('an unauthorized cell is reported without the secret of its grant', async () => {
    const { cells } = await prepared([], undefined, async () => {
      const said = 'Call was not authorized with reason BadCapGrant, cap secret Some(58d4b1) to call init'
      throw Object.assign(new Error(said), { name: 'zome_call_unauthorized' })
    })
    const refused = await cells.ready(cell).catch((thrown: unknown) => thrown)
    expect(refused).toMatchObject({ code: 'RIPPLE_GRANT_SHAPE' })
    expect(inspect(refused)).not.toContain('58d4b1')
  })
})

describe('readHapp', () => {
  const dna = `uhC0k${'A'.repeat(48)}`
  const write = (sha256: string, dnas: Record<string, string> = { b: dna, a: dna }) => {
    const files = { happ: join(folder, 'ripple.happ'), pins: join(folder, 'dna-hashes.json') }
    writeFileSync(files.happ, 'bundle')
    writeFileSync(files.pins, JSON.stringify({ happ_sha256: sha256, dnas, environment: {} }))
    return files
  }
  const right = sha256Hex('bundle')

  test('`readHapp` takes the pinned hApp and identifies it by its DNAs', async () => {
    const happ = await readHapp(write(right))
    expect(happ).toMatchObject({ roles: ['a', 'b'], identity: expect.stringMatching(/^[0-9a-f]{8}$/) })
    const changed = await readHapp(write(right, { a: dna, b: `uhC0k${'B'.repeat(48)}` }))
    expect(changed.identity).not.toBe(happ.identity)
  })

  test('`readHapp` refuses another hApp and unreadable pins', async () => {
    await expect(readHapp(write('0'.repeat(64)))).rejects.toMatchObject({ code: 'RIPPLE_HAPP_MISMATCH' })
    const files = write(right)
    writeFileSync(files.pins, '{}')
    await expect(readHapp(files)).rejects.toMatchObject({
      code: 'RIPPLE_HAPP_MISMATCH',
      facts: { file: files.pins },
    })
    rmSync(files.happ)
    await expect(
      readHapp(write(right)).then(() => readHapp({ ...files, happ: '/none' })),
    ).rejects.toMatchObject({
      code: 'RIPPLE_HAPP_MISMATCH',
    })
  })
})

test('a conductor that was stopped on purpose is not waited for', async () => {
  const stopping = new AbortController()
  const exited = Promise.withResolvers<void>()
  let child: unknown = { ready: { adminPort: 1 }, exited: exited.promise }
  const options = { session: { origin: 'ripple' }, onEvent: () => undefined } as unknown
  const opening = openFirstLink(
    { current: () => child } as Parameters<typeof openFirstLink>[0],
    options as Parameters<typeof openFirstLink>[1],
    stopping.signal,
  )
  child = null
  stopping.abort()
  exited.resolve()
  await expect(opening).rejects.toThrow()
})

test('a connection to a silent conductor ends at once when it is aborted', async () => {
  const stopping = new AbortController()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1')
      .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
    socket.on('error', () => {})
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.once('data', () => stopping.abort())
  })
  const options = {
    origin: 'ripple',
    app: { happ: { identity: 'x' }, seed: 'seed', membership: null },
  } as unknown
  const { port } = server.address() as AddressInfo
  const connecting = connectSession(port, options as SessionOptions, stopping.signal)
  await expect(connecting).rejects.toThrow('client closed with pending requests')
  server.close()
})

test('a data folder stays with its network', async () => {
  const file = join(folder, 'data', 'network')
  await markNetwork(file, 'local')
  await markNetwork(file, 'local')
  expect(readFileSync(file, 'utf8')).toBe('local\n')
  await expect(markNetwork(file, 'testnet')).rejects.toMatchObject({
    code: 'RIPPLE_DATA_OTHER_NETWORK',
    facts: { found: 'local', wanted: 'testnet' },
  })
})

test('grants have the form of the pinned conductor', async () => {
  const sent: unknown[] = []
  const admin = { grantZomeCallCapability: async (request: unknown) => sent.push(request) }
  patchGrants(admin as unknown as AdminWebsocket)
  const access = { type: 'assigned', value: { secret: new Uint8Array(1), assignees: [] } }
  const functions = { type: 'all' }
  const request = { cell_id: 'cell', cap_grant: { tag: 'tag', access, functions } }
  await (admin.grantZomeCallCapability as (request: unknown) => Promise<unknown>)(request)
  expect(sent).toEqual([
    { cell_id: 'cell', cap_grant: { tag: 'tag', constraint: access, grant: { functions } } },
  ])
})

describe('readSignal', () => {
  const from = `uhCAk${'A'.repeat(48)}`
  const presence = {
    addresses: ['/ip4/10.0.0.1/tcp/4001'],
    availability: 'online',
    load: { cpu_percent: 1, gpu_percent: 0, memory_percent: 2 },
    held_grants: 0,
    reply: true,
  }
  const app = (payload: unknown) =>
    readSignal({
      type: 'app',
      value: { cell_id: [new Uint8Array(), new Uint8Array()], zome_name: 'z', payload },
    } as never)

  test('`readSignal` reads beats and messages of peers', () => {
    const beat = { type: 'presence', from, presence, card: null }
    expect(app(beat)).toEqual(beat)
    expect(app({ ...beat, card: { node_id: from } })).toMatchObject({ card: { node_id: from } })
    expect(app({ type: 'message', from, bytes: new Uint8Array([1]) })).toMatchObject({
      type: 'message',
      from,
    })
  })

  test.each([
    [null],
    ['text'],
    [{ type: 'presence', from: 'nobody', presence, card: null }],
    [{ type: 'presence', from, presence: { ...presence, load: { cpu_percent: 1e9 } }, card: null }],
    [{ type: 'presence', from, presence: { ...presence, addresses: new Array(17).fill('/x') }, card: null }],
    [{ type: 'presence', from, presence, card: 'text' }],
    [{ type: 'message', from, bytes: 'text' }],
    [{ type: 'unknown' }],
  ])('`readSignal` drops %j', (payload) => {
    expect(app(payload)).toBeNull()
  })
})
