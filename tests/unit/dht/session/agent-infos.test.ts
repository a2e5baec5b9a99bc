import { type AdminWebsocket, encodeHashToBase64, HoloHashType, hashFrom32AndType } from '@holochain/client'
import { expect, test } from 'vitest'
import { learnInfos, ownInfos } from '../../../../host/dht/session/agent-infos.ts'

const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const hash = (fill: number, type: HoloHashType) => hashFrom32AndType(bytes(fill), type)
const mine = hash(1, HoloHashType.Agent)
const dna = hash(3, HoloHashType.Dna)
const later = String((Date.now() + 60_000) * 1_000)

/** An info as kitsune writes it, unsigned. */
function info(agent: number, space: number, url: string | null, changes: object = {}): string {
  const id = (fill: number) => Buffer.from(bytes(fill)).toString('base64url')
  const fields = {
    agent: id(agent),
    space: id(space),
    url,
    isTombstone: false,
    createdAt: '1',
    expiresAt: later,
  }
  return JSON.stringify({ agentInfo: JSON.stringify({ ...fields, ...changes }), signature: 'x' })
}

const own = info(1, 3, 'http://127.0.0.1:21000/key')

test('own infos are those with an address, and their key changes with the address alone', async () => {
  const of = async (...infos: string[]) => {
    const admin = { agentInfo: async () => infos, listCellIds: async () => [[dna, mine]] } as unknown
    return ownInfos(admin as AdminWebsocket, encodeHashToBase64(mine))
  }
  const found = await of(own, info(2, 3, 'http://127.0.0.1:21000/other'), info(1, 3, null), 'no json')
  expect(found.infos).toEqual([own])
  expect(found.dnas).toEqual([encodeHashToBase64(dna)])
  const again = await of(info(1, 3, 'http://127.0.0.1:21000/key', { createdAt: '2' }))
  expect(again.key).toBe(found.key)
  expect((await of(info(1, 3, 'http://127.0.0.1:21000/new'))).key).not.toBe(found.key)
  expect((await of()).key).toBe('')
})

test('the conductor gets the infos of its own DNAs one by one, and one that it refuses stops no other', async () => {
  const added: string[][] = []
  const admin = {
    addAgentInfo: async ({ agent_infos }: { agent_infos: string[] }) => {
      added.push(agent_infos)
      if (added.length === 1) throw new TypeError('a wrong signature')
    },
  } as unknown
  const [first, second] = [info(2, 3, 'u'), info(4, 3, 'u')]
  const wrong = ['no json', info(2, 9, 'u'), info(2, 3, 'u', { expiresAt: '1' })]
  await learnInfos(admin as AdminWebsocket, [dna], [first, ...wrong, second])
  expect(added).toEqual([[first], [second]])
})
