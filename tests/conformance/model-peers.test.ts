/** Model files from peer to peer, over real nodes. */
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cidOf } from '../../host/artifacts/cid.ts'
import { cutFile } from '../../host/artifacts/cut-file.ts'
import { openHelia } from '../../host/artifacts/helia.ts'
import { RippleError } from '../../host/errors/ripple-error.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { StoredModel } from '../../host/models/folder/stored-model.ts'
import type { GgufHead } from '../../host/models/inspect/inspect-words.ts'
import { modelPeers } from '../../host/models/sources/peers.ts'
import { type PullOptions, pullFile, pullModel } from '../../host/models/sources/pull.ts'
import { type SharingNeeds, shareModels } from '../../host/models/sources/sharing.ts'
import { membersOnly } from '../../host/net/address-book.ts'
import { openMessages } from '../../host/net/messages.ts'
import type { Peer } from '../../host/types/peer.ts'
import { systemClock } from '../../host/work/context/clock.ts'
import { testModel } from '../harness/model.ts'
import { sha256Hex } from '../harness/sha256.ts'
import { cardOf } from '../harness/sim/card.ts'
import { type TestPeers, testPeers } from './peers.ts'

const MiB = 1024 * 1024
const soon = () => AbortSignal.timeout(60_000)

let peers: TestPeers
let stack: AsyncDisposableStack
beforeEach(() => {
  peers = testPeers()
  stack = new AsyncDisposableStack()
  stack.use(peers)
})
afterEach(() => stack[Symbol.asyncDispose]())

/** A machine with messages and Helia, as a daemon composes them. */
async function machine(letter: string, bound = true) {
  const { agent, node, folder } = await peers.start(letter, { bound })
  const { book } = peers
  const messages = stack.use(
    await openMessages({ self: agent, node, book, accepts: () => true, passOn: null, onDrop: () => {} }),
  )
  const connect = async (to: string, signal: AbortSignal): Promise<void> => {
    const found = book.lookup(to)
    if (found !== null) await node.connect(found, signal)
  }
  const ipfs = join(folder, 'ipfs')
  const exchange = stack.use(
    await openHelia({ libp2p: membersOnly(node.libp2p, book, () => {}), folder: ipfs, connect }),
  )
  const dir = join(folder, 'models')
  await mkdir(dir)
  return { agent, messages, exchange, dir, ipfs }
}
type Machine = Awaited<ReturnType<typeof machine>>

/** Others as cards and beats tell of them. */
function cardsOf(models: readonly string[], ...machines: readonly Machine[]): Peer[] {
  return machines.map(({ agent }) => {
    const card = cardOf(agent, { name: agent, models })
    return { agent, card, presence: null, seenAt: Date.now() }
  })
}

/** Lets a machine give out a file as a model. */
async function gives(given: Machine, file: string, more: Partial<SharingNeeds> = {}): Promise<StoredModel> {
  const bytes = await readFile(file)
  const sha256 = sha256Hex(bytes)
  const facts = { name: 'sim', sha256, path: file, bytes: bytes.length }
  const model: StoredModel = { ...facts, context_tokens: 64, chat_template: 'none' }
  const emit = (event: unknown) => expect(event).toBeUndefined()
  const needs = { ...given, models: () => [model], emit, enabled: true, ...more }
  const sharing = stack.use(shareModels(needs as SharingNeeds))
  await sharing.update()
  return model
}

/** Takes every file for a model: what is fetched here is none. */
const anyHead: NonNullable<PullOptions['readHeads']> = async (files, _signal, onHead) => {
  const head: GgufHead = { type: 'head', context_tokens: 64, chat_template: 'none' }
  for (const file of files) onHead?.(file, head)
  return new Map(files.map((file) => [file, head]))
}

function options(machine: Machine, others: readonly Peer[]): PullOptions & { dir: string } {
  const clock = systemClock
  const { exchange, messages, dir } = machine
  const fetchSource = async (): Promise<never> => {
    throw new RippleError('RIPPLE_INTERNAL', { detail: 'not reached here' })
  }
  return {
    dir,
    signal: soon(),
    fetchSource,
    readHeads: anyHead,
    peers: modelPeers({ exchange, messages, clock, others: () => others }),
  }
}

async function smallFile(machine: Machine, length = 3 * MiB + 5): Promise<string> {
  const file = join(machine.dir, 'small.gguf')
  await writeFile(file, Buffer.alloc(length, 'ripple'))
  return file
}

it('a real model comes from a peer, and neither machine stores it twice', async () => {
  const [has, wants] = [await machine('a'), await machine('b')]
  const real = await testModel()
  const file = join(has.dir, 'real.gguf')
  await copyFile(real.path, file)
  await gives(has, file)
  const progress: number[] = []
  const onProgress = (bytes: number): void => void progress.push(bytes)
  const given = options(wants, cardsOf([real.sha256], has))
  const { path, sha256, bytes } = await pullModel(DEFAULT_MODEL, { ...given, onProgress })
  expect([sha256, bytes, progress.at(-1)]).toEqual([real.sha256, real.bytes, real.bytes])
  expect((await stat(path)).size).toBe(real.bytes)
  for (const { ipfs } of [has, wants]) {
    const blocks = await readdir(join(ipfs, 'blocks'), { recursive: true })
    expect(blocks.filter((name) => name.endsWith('.data'))).toEqual([])
  }
  const kept = await stat(join(has.dir, '.blocks', `${real.sha256}.json`))
  expect(kept.size).toBeLessThan(real.bytes / 5_000)
})

it('a broken download goes on where it ended', async () => {
  const [has, wants] = [await machine('a'), await machine('b')]
  const { sha256, path, bytes } = await gives(has, await smallFile(has))
  await writeFile(join(wants.dir, 'small.gguf.part'), (await readFile(path)).subarray(0, 2 * MiB + 1))
  const progress: number[] = []
  const onProgress = (now: number): void => void progress.push(now)
  const given = { ...options(wants, cardsOf([sha256], has)), onProgress }
  await pullFile({ name: 'small', sha256, cid: null }, given)
  expect(progress[0]).toBeGreaterThan(2 * MiB)
  expect(progress.at(-1)).toBe(bytes)
})

it("a file is found by its sha256 and its CID, under its holder's name", async () => {
  const [has, other, wants] = [await machine('a'), await machine('o'), await machine('b')]
  await gives(other, await smallFile(other, 10), { models: () => [] })
  const { sha256, path, bytes } = await gives(has, await smallFile(has))
  const given = options(wants, [...cardsOf([], other), ...cardsOf([sha256], has)])
  const cid = await cidOf(await readFile(path))
  expect(await given.peers?.find(sha256, soon())).toEqual({ name: 'sim', sha256, cid: null, bytes })
  expect(await given.peers?.find(cid, soon())).toEqual({ name: 'sim', sha256: null, cid, bytes })
  await pullFile({ name: 'sim', sha256: null, cid }, given)
  expect(await readFile(join(wants.dir, 'sim.gguf'))).toEqual(await readFile(path))
})

it('a machine that does not share gives nothing, and the pull fails at once', async () => {
  const [has, wants] = [await machine('a'), await machine('b')]
  const { sha256 } = await gives(has, await smallFile(has), { enabled: false })
  const given = options(wants, cardsOf([sha256], has))
  const pull = pullFile({ name: 'small', sha256, cid: null }, given)
  await expect(pull).rejects.toThrow("no machine that is online shares 'small'")
})

it('a peer that gives another file under the sha256 is found out, and nothing stays', async () => {
  const [liar, wants] = [await machine('a'), await machine('b')]
  const file = await smallFile(liar)
  const cut = await cutFile(file, soon())
  liar.exchange.share(file, cut)
  const sha256 = '0'.repeat(64)
  liar.messages.onMessage((from, message) => {
    if (message.type !== 'model_request') return
    const model = { sha256, cid: cut.cid, bytes: cut.bytes }
    void liar.messages.send(from, { type: 'model_is', file: sha256, model }, soon())
  })
  const given = options(wants, cardsOf([sha256], liar))
  const pull = pullFile({ name: 'small', sha256, cid: null }, given)
  await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
  expect((await readdir(wants.dir)).filter((name) => !name.startsWith('.pull'))).toEqual([])
})

/** Lets a machine answer to every question for a model file with an offer of its own. */
async function lies(liar: Machine, offer: { sha256: string; cid?: string; bytes?: number }): Promise<void> {
  const file = await smallFile(liar, 1 * MiB + 3)
  const cut = await cutFile(file, soon())
  liar.exchange.share(file, cut)
  const { sha256, cid = cut.cid, bytes = cut.bytes } = offer
  liar.messages.onMessage((from, message) => {
    if (message.type !== 'model_request') return
    const model = { sha256, cid, bytes }
    liar.messages.send(from, { type: 'model_is', file: message.file, model }, soon()).catch(() => {})
  })
}

it('an offer of another file than was asked for is ignored', async () => {
  const [liar, wants] = [await machine('a'), await machine('b')]
  await lies(liar, { sha256: '1'.repeat(64) })
  const given = options(wants, cardsOf(['0'.repeat(64)], liar))
  const nobody = { code: 'RIPPLE_MODEL_NO_PEER' }
  await expect(given.peers?.find('0'.repeat(64), soon())).rejects.toMatchObject(nobody)
  await expect(given.peers?.find(await cidOf(Buffer.from('x')), soon())).rejects.toMatchObject(nobody)
})

it.each(['another file', 'a false size'])(
  'a peer that gives %s keeps nobody from the right one',
  async (what) => {
    const [liar, has, wants] = [await machine('a'), await machine('h'), await machine('b')]
    const { sha256, path } = await gives(has, await smallFile(has))
    const falsely = what === 'another file' ? {} : { cid: await cidOf(await readFile(path)), bytes: 2 ** 50 }
    await lies(liar, { sha256, ...falsely })
    const given = options(wants, cardsOf([sha256], liar, has))
    await pullFile({ name: 'small', sha256, cid: null }, given)
    expect(await readFile(join(wants.dir, 'small.gguf'))).toEqual(await readFile(path))
  },
)

it('a stranger is told nothing and gets nothing', async () => {
  const [has, stranger] = [await machine('a'), await machine('s', false)]
  const { sha256, path } = await gives(has, await smallFile(has))
  const cid = await cidOf(await readFile(path))
  const read = stranger.exchange.read(
    cid,
    [has.agent],
    { offset: 0, max: 4 * MiB },
    AbortSignal.timeout(1_500),
  )
  await expect(read[Symbol.asyncIterator]().next()).rejects.toThrow()
  const given = options(stranger, cardsOf([sha256], has))
  const stop = AbortSignal.timeout(1_500)
  await expect(given.peers?.find(sha256, stop)).rejects.toMatchObject({ name: 'TimeoutError' })
})
