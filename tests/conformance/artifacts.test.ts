import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cidOf } from '../../host/artifacts/cid.ts'
import { cutFile } from '../../host/artifacts/cut-file.ts'
import { openHelia } from '../../host/artifacts/helia.ts'
import { openKubo } from '../../host/artifacts/kubo.ts'
import type { Artifacts, FileExchange } from '../../host/artifacts/port.ts'
import { membersOnly } from '../../host/net/address-book.ts'
import { type KuboRpc, startKuboRpc } from '../kubo-rpc/start.ts'
import { artifactsConformance, bytesOf } from './artifacts.ts'
import { type TestPeer, type TestPeers, testPeers } from './peers.ts'

const MiB = 1024 * 1024
const soon = () => AbortSignal.timeout(20_000)

/** Helia on a started node, open to members only. */
async function heliaOn(peers: TestPeers, peer: TestPeer): Promise<Artifacts & FileExchange> {
  return openHelia({
    libp2p: membersOnly(peer.node.libp2p, peers.book, () => undefined),
    folder: join(peer.folder, 'ipfs'),
    connect: async (agent, signal) => {
      const found = peers.book.lookup(agent)
      if (found !== null) await peer.node.connect(found, signal)
    },
  })
}

artifactsConformance('Helia', async () => {
  const peers = testPeers()
  const peer = await peers.start('a')
  let helia = await heliaOn(peers, peer)
  return {
    artifacts: helia,
    reopen: async () => {
      await helia[Symbol.asyncDispose]()
      helia = await heliaOn(peers, peer)
      return helia
    },
    [Symbol.asyncDispose]: async () => {
      await helia[Symbol.asyncDispose]()
      await peers[Symbol.asyncDispose]()
    },
  }
})

artifactsConformance('Kubo', async () => {
  const rpc = await startKuboRpc()
  return {
    artifacts: await openKubo({ url: rpc.url }),
    reopen: () => openKubo({ url: rpc.url }),
    [Symbol.asyncDispose]: () => rpc[Symbol.asyncDispose](),
  }
})

describe('Helia and Kubo', () => {
  let rpc: KuboRpc
  let peers: TestPeers
  beforeAll(async () => {
    rpc = await startKuboRpc()
    peers = testPeers()
  })
  afterAll(async () => {
    await rpc[Symbol.asyncDispose]()
    await peers[Symbol.asyncDispose]()
  })

  it('Helia and Kubo give the same bytes the same CID', async () => {
    const helia = await heliaOn(peers, await peers.start('a'))
    const kubo = await openKubo({ url: rpc.url })
    for (const length of [0, 1, MiB, MiB + 1, 5 * MiB]) {
      expect(await helia.add(bytesOf(length), soon())).toBe(await kubo.add(bytesOf(length), soon()))
    }
    await helia[Symbol.asyncDispose]()
  })
})

describe('two Helia nodes', () => {
  let peers: TestPeers
  beforeEach(() => {
    peers = testPeers()
  })
  afterEach(() => peers[Symbol.asyncDispose]())

  it.each([0, 1, MiB, 5 * MiB])(
    'a Helia node fetches and pins %i bytes from the agent that has them',
    async (length) => {
      const [a, b] = [await peers.start('a'), await peers.start('b')]
      const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
      const cid = await has.add(bytesOf(length), soon())
      expect(Buffer.from(await wants.get(cid, [a.agent], soon())).equals(bytesOf(length))).toBe(true)
      await wants.pin(cid, [a.agent], soon())
      expect(await wants.ls(soon())).toEqual([{ cid, bytes: length }])
    },
  )

  it('a Helia node fetches from one named peer while another is gone', async () => {
    const [a, b, gone] = [await peers.start('a'), await peers.start('b'), await peers.start('g')]
    const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
    await gone.node[Symbol.asyncDispose]()
    const cid = await has.add(bytesOf(10), soon())
    expect(await wants.get(cid, [gone.agent, a.agent], soon())).toEqual(bytesOf(10))
  })

  it('a Helia node gives nothing to a peer that no card binds', async () => {
    const [a, stranger] = [await peers.start('a'), await peers.start('s', { bound: false })]
    const has = await heliaOn(peers, a)
    const asks = await openHelia({
      libp2p: stranger.node.libp2p,
      folder: join(stranger.folder, 'ipfs'),
      connect: (agent, signal) =>
        stranger.node.connect(peers.book.lookup(agent) ?? { peerId: '', addresses: [] }, signal),
    })
    const cid = await has.add(bytesOf(11), soon())
    await expect(asks.get(cid, [a.agent], AbortSignal.timeout(1_500))).rejects.toMatchObject({
      code: 'RIPPLE_ARTIFACT_UNAVAILABLE',
    })
  })

  it('a Helia node notices a block that the disk lost and fetches it again', async () => {
    const [a, b] = [await peers.start('a'), await peers.start('b')]
    const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
    const cid = await has.add(bytesOf(12), soon())
    await wants.pin(cid, [a.agent], soon())
    const blocks = join(b.folder, 'ipfs', 'blocks')
    const files = (await readdir(blocks, { recursive: true })).filter((file) => file.endsWith('.data'))
    for (const file of files)
      await writeFile(join(blocks, file), (await readFile(join(blocks, file))).subarray(0, 3))
    expect(await wants.has(cid, soon())).toBe(false)
    expect(await wants.get(cid, [a.agent], soon())).toEqual(bytesOf(12))
    expect(await wants.has(cid, soon())).toBe(true)
  })
})

describe('a shared file', () => {
  const length = 3 * MiB + 5
  let peers: TestPeers
  let file: string
  let a: TestPeer
  let b: TestPeer
  beforeEach(async () => {
    peers = testPeers()
    ;[a, b] = [await peers.start('a'), await peers.start('b')]
    file = join(a.folder, 'model.gguf')
    await writeFile(file, bytesOf(length))
  })
  afterEach(() => peers[Symbol.asyncDispose]())

  const blocksOf = async (peer: TestPeer): Promise<string[]> =>
    (await readdir(join(peer.folder, 'ipfs', 'blocks'), { recursive: true })).filter((name) =>
      name.endsWith('.data'),
    )
  const readAll = async (from: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(from))

  it.each([0, 1, MiB, length])(
    'a shared file of %i bytes has the same CID as the added bytes',
    async (size) => {
      await writeFile(file, bytesOf(size))
      const { cid, bytes, leaves } = await cutFile(file, soon())
      const pieces = Math.ceil(size / MiB)
      expect([cid, bytes, leaves.length]).toEqual([await cidOf(bytesOf(size)), size, pieces])
    },
  )

  it('a file of more pieces than one node holds becomes a tree', async () => {
    await truncate(file, 1_025 * MiB)
    const { leaves, nodes } = await cutFile(file, AbortSignal.timeout(60_000))
    expect([leaves.length, nodes.length]).toEqual([1_025, 3])
  }, 60_000)

  it.each([0, 1, MiB, MiB + 7, length])(
    'a shared file is read from byte %i on, and neither node stores a second copy',
    async (offset) => {
      const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
      const cut = await cutFile(file, soon())
      has.share(file, cut)
      const range = { offset, max: length }
      const read = await readAll(wants.read(cut.cid, [a.agent], range, soon()))
      expect(read.equals(bytesOf(length).subarray(offset))).toBe(true)
      expect([await blocksOf(a), await blocksOf(b)]).toEqual([[], []])
    },
  )

  it('a file is no longer served once it is not shared or has changed', async () => {
    const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
    const cut = await cutFile(file, soon())
    const range = { offset: 0, max: length }
    const [stop, stopToo] = [has.share(file, cut), has.share(file, cut)]
    const read = (ms: number) => readAll(wants.read(cut.cid, [a.agent], range, AbortSignal.timeout(ms)))
    stop?.()
    stop?.()
    expect((await read(20_000)).length).toBe(length)
    await writeFile(file, Buffer.alloc(length))
    await expect(read(1_500)).rejects.toThrow()
    await writeFile(file, bytesOf(length))
    stopToo?.()
    await expect(read(1_500)).rejects.toThrow()
  })

  it('a read of a shared file gives no more than was asked for', async () => {
    const [has, wants] = [await heliaOn(peers, a), await heliaOn(peers, b)]
    const cut = await cutFile(file, soon())
    has.share(file, cut)
    const read = readAll(wants.read(cut.cid, [a.agent], { offset: 0, max: MiB }, soon()))
    await expect(read).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_TOO_LARGE' })
  })
})

describe('a Kubo that is unreachable or lies', () => {
  let server: Server
  let url: string
  let answer: Buffer
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume()
      if (request.url?.includes('/version'))
        return response.end('{"Version":"0.30.0","Commit":"","Repo":"1","System":"","Golang":""}')
      response.end(answer)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it('a Kubo that answers with other bytes is detected', async () => {
    answer = Buffer.from('other bytes')
    const kubo = await openKubo({ url })
    const asked = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    await expect(kubo.get(asked, [], soon())).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE' })
    await expect(kubo.pin(asked, [], soon())).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE' })
    expect(await kubo.has(asked, soon())).toBe(false)
  })

  it('a Kubo that names a block wrongly is detected', async () => {
    answer = Buffer.from(
      JSON.stringify({ Key: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', Size: 1 }),
    )
    const kubo = await openKubo({ url })
    await expect(kubo.add(bytesOf(5), soon())).rejects.toMatchObject({ code: 'RIPPLE_KUBO_UNREACHABLE' })
  })

  it('a Kubo that does not answer is named with its address', async () => {
    const nobody = 'http://127.0.0.1:9'
    await expect(openKubo({ url: nobody })).rejects.toMatchObject({
      code: 'RIPPLE_KUBO_UNREACHABLE',
      facts: { url: nobody },
    })
  })

  it('a Kubo that never answers does not keep the daemon waiting', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const port = (silent.address() as AddressInfo).port
    const opened = openKubo({ url: `http://127.0.0.1:${port}`, callMs: 300 })
    await expect(opened).rejects.toMatchObject({ code: 'RIPPLE_KUBO_UNREACHABLE' })
    silent.closeAllConnections()
    silent.close()
  })
})
