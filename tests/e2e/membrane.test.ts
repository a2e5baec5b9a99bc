import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Membership } from '../../host/dht/membership.ts'
import type { ConductorHandle } from '../../host/dht/session/open-conductor.ts'
import { issuerOf, signProof, signRevocation } from '../../host/membership/statements.ts'
import { bindPeer } from '../../host/net/binding.ts'
import { openPeerKey, type SigningKey, signingKey } from '../../host/net/peer-key.ts'
import type { Membrane, MembraneProof } from '../../zomes-bindings/generated/membrane.ts'
import { agentRegistry, policyStore } from '../../zomes-bindings/index.ts'
import { type ConductorNetwork, conductorNetwork } from '../harness/conductors.ts'
import { cardOf } from '../harness/sim/card.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const signal = new AbortController().signal
const ARRIVES = { timeout: 60_000, interval: 250 }

let net: ConductorNetwork
let founder: SigningKey
let membrane: Membrane
let ann: ConductorHandle
let bob: ConductorHandle

/** The membership of a machine whose proof the founder signs, with changes. */
function memberOf(change: (proof: MembraneProof) => Partial<MembraneProof> = () => ({})): Membership {
  return {
    membrane,
    askedFor: null,
    proofOf: async (agent) => {
      const issuer = issuerOf(membrane, founder, null)
      if (issuer === null) throw new Error('the key is not the founder')
      const proof = await signProof(membrane, issuer, agent, null)
      return { ...proof, ...change(proof) }
    },
  }
}

const keyOf = (name: string) => openPeerKey(join(net.folder, `${name}.key`))

beforeAll(async () => {
  net = await conductorNetwork('family-e2e')
  founder = signingKey(await keyOf('founder'))
  membrane = { founder: founder.publicKey, network: net.network.seed }
  ann = await net.open('ann', () => {}, memberOf())
  bob = await net.open('bob', () => {}, memberOf())
}, WARM_MS)
afterAll(async () => {
  await ann?.[Symbol.asyncDispose]()
  await bob?.[Symbol.asyncDispose]()
  await net?.[Symbol.asyncDispose]()
})

async function cardWith(conductor: ConductorHandle, name: string, membership: MembraneProof | undefined) {
  const peer = await bindPeer(await keyOf(name), conductor.agent)
  return { ...cardOf(conductor.agent, { name }), peer, ...(membership && { membership }) }
}

describe('a private network', () => {
  test('members with proofs see the cards of each other', async () => {
    const proof = await memberOf().proofOf(ann.agent)
    await agentRegistry(ann.call).capabilities.publish(await cardWith(ann, 'ann', proof), signal)
    await vi.waitFor(async () => {
      const cards = await agentRegistry(bob.call).discovery.cards(signal)
      expect(cards.find(({ agent }) => agent === ann.agent)?.card.membership).toEqual(proof)
    }, ARRIVES)
  })

  test('a card without a proof is refused', async () => {
    const card = await cardWith(bob, 'bob', undefined)
    await expect(agentRegistry(bob.call).capabilities.publish(card, signal)).rejects.toThrow(
      /a private network takes members with a membrane proof only/,
    )
  })

  test('the current epoch takes entries of members', () => {
    expect(ann.epochs.list).toHaveLength(1)
    expect(bob.dht.dnaHash).toBe(ann.dht.dnaHash)
  })

  test.each<[string, (proof: MembraneProof) => Partial<MembraneProof>, RegExp]>([
    ['with a forged signature', () => ({ signature: 'ab'.repeat(64) }), /signature is forged/],
    ['with a proof of another network', () => ({ network: 'ripple-local-other' }), /of another network/],
    ['with the proof of another agent', () => ({ agent: ann.agent }), /another agent's/],
    [
      'whose issuer has no delegation',
      () => ({ issuer: { key: 'ab'.repeat(32), delegation: null } }),
      /not the founder, and has no delegation/,
    ],
  ])(
    'a stranger %s does not join',
    async (_who, change, reason) => {
      const opening = net.open(`stranger-${reason.source.length}`, () => {}, memberOf(change))
      await expect(opening).rejects.toMatchObject({
        code: 'RIPPLE_NOT_MEMBER',
        message: expect.stringMatching(reason),
      })
    },
    WARM_MS,
  )

  test("a founder's revocation reaches the other members, and a forged one is refused", async () => {
    const issuer = issuerOf(membrane, founder, null)
    if (issuer === null) throw new Error('the key is not the founder')
    const forged = { ...(await signRevocation(membrane, issuer, ann.agent, 1)), at: 2 }
    const { revocations } = policyStore(bob.call)
    await expect(revocations.revoke(forged, signal)).rejects.toThrow(/signature is forged/)
    const revocation = await signRevocation(membrane, issuer, bob.agent, 1_000)
    await policyStore(ann.call).revocations.revoke(revocation, signal)
    await vi.waitFor(async () => {
      const found = await revocations.revoked(signal)
      expect(found.map(({ entry }) => entry)).toEqual([revocation])
    }, ARRIVES)
  })
})

test(
  'an open network refuses a revocation, and a card with a proof',
  async () => {
    await using open = await conductorNetwork('open-e2e')
    await using cleo = await open.open('cleo')
    const proof = await memberOf().proofOf(cleo.agent)
    const card = await cardWith(cleo, 'cleo', proof)
    await expect(agentRegistry(cleo.call).capabilities.publish(card, signal)).rejects.toThrow(
      /an open network takes no membrane proof/,
    )
  },
  WARM_MS,
)
