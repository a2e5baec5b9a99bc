import { beforeEach, expect, test } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { Joining, Local, LocalNetworks, Ready } from '../../../../host/operations/local.ts'
import { statusView } from '../../api/status-view.ts'
import { callLocal } from '../calls.ts'

const ready = { agent: 'me', data: '/data', local: 'home' } as Ready
const refused = new RippleError('RIPPLE_INVITE_REFUSED', { detail: 'it has expired' })
let did: unknown[]
beforeEach(() => {
  did = []
})

/** Joins with four words, and returns the outcome. `did` holds what was done for it, in order. */
async function join(
  given: { readonly running?: Ready; readonly line?: string | null; readonly refused?: boolean } = {},
) {
  let pid: number | null = given.running ? 7 : null
  const joining: Joining = {
    name: 'home',
    flags: { network: 'local' },
    line: given.line === undefined ? 'the real line' : given.line,
    failed: async () => void did.push('failed'),
  }
  const answers: Record<string, () => unknown> = {
    down: () => {
      did.push('down')
      pid = null
      return { pid: 7, stopped: false }
    },
    status: () => {
      const view = statusView()
      return { ...view, peers: { ...view.peers, online: 1 } }
    },
  }
  const local = {
    data: '/data',
    networks: { accept: async () => joining } as Partial<LocalNetworks> as LocalNetworks,
    running: async () => given.running ?? null,
    detach: async () => {
      did.push('up')
      pid = 7
      return ready
    },
    pid: async () => pid,
    gone: async () => true,
    call: async (name: string, input: unknown) => {
      const answer = answers[name]
      if (answer) return answer()
      did.push([name, input])
      if (given.refused) throw refused
      return { agent: 'ann', name: 'ann', public_key: 'key', at: 1 }
    },
  } as Partial<Local> as Local
  return callLocal('join', local, { line: 'four words of code' }, AbortSignal.timeout(5_000))
}

const redeemed = ['peer.redeem', { line: 'the real line' }]

test('a join on an open network lets the new daemon ask the inviter with the line behind the words', async () => {
  expect(await join()).toEqual({ network: 'home', agent: 'me', peers: 1, data: '/data' })
  expect(did).toEqual(['up', redeemed])
})

test('a network without strangers needs no further question', async () => {
  await join({ line: null })
  expect(did).toEqual(['up'])
})

test('a refused join stops the daemon that it started, and forgets the network', async () => {
  await expect(join({ refused: true })).rejects.toBe(refused)
  expect(did).toEqual(['up', redeemed, 'down', 'failed'])
})

test('a daemon that runs on the network already asks, and runs on if it is refused', async () => {
  await join({ running: ready })
  await expect(join({ running: ready, refused: true })).rejects.toBe(refused)
  expect(did).toEqual([redeemed, redeemed])
})

test('a daemon that runs on another network is left alone', async () => {
  await expect(join({ running: { ...ready, local: 'work' } })).rejects.toMatchObject({
    code: 'RIPPLE_DATA_IN_USE',
  })
  expect(did).toEqual([])
})
