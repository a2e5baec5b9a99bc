import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boundStrangers } from '../../host/net/strangers.ts'
import { type TestPeer, type TestPeers, testPeers } from './peers.ts'

/** Connections of strangers that are kept here. */
const MOST = 2

let peers: TestPeers
let machine: TestPeer
beforeEach(async () => {
  peers = testPeers()
  machine = await peers.start('m')
  boundStrangers(machine.node.libp2p, peers.book, MOST)
})
afterEach(() => peers[Symbol.asyncDispose]())

/** Opens one more connection to the machine. */
async function dial({ node }: TestPeer) {
  const [address = ''] = machine.node.addresses()
  return node.libp2p.dial(multiaddr(address), { force: true })
}

test('the oldest connections of strangers are closed, and those of members stay', async () => {
  const member = await dial(await peers.start('a'))
  const stranger = await peers.start('s', { bound: false })
  const dialled: Connection[] = []
  for (let n = 0; n < MOST + 2; n += 1) dialled.push(await dial(stranger))
  await expect.poll(() => dialled.map(({ status }) => status === 'open')).toEqual([false, false, true, true])
  expect(member.status).toBe('open')
  expect(machine.node.libp2p.getConnections()).toHaveLength(MOST + 1)
})

test('the connections of a stranger who became a member do not count', async () => {
  const newcomer = await peers.start('n', { bound: false })
  const dialled = [await dial(newcomer), await dial(newcomer)]
  peers.bind(newcomer)
  const stranger = await peers.start('s', { bound: false })
  for (let n = 0; n < MOST; n += 1) dialled.push(await dial(stranger))
  await expect.poll(() => machine.node.libp2p.getConnections()).toHaveLength(MOST + 2)
  expect(dialled.map(({ status }) => status)).toEqual(['open', 'open', 'open', 'open'])
})
