/** Tests that Agent Cards carry the signature of the machine's key. */
import { createPublicKey, verify } from 'node:crypto'
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { agentCard, keySet, signedCards } from '../../../../host/api/a2a/agent-card.ts'
import { canonicalJson } from '../../../../host/codec/canonical-json.ts'
import { signingKey } from '../../../../host/net/peer-key.ts'
import type { Json } from '../../../../host/types/json.ts'

const url = 'http://127.0.0.1:4747'
const machineKey = signingKey(await generateKeyPair('Ed25519'))
const { now, legacy } = await signedCards(agentCard(url), url, { agent: 'uhCAkself', machineKey })
const { keys } = keySet(machineKey) as { keys: { kid: string; x: string }[] }
const keyOf = async (kid: string) => keys.find((key) => key.kid === kid) as never

describe('the Agent Card', () => {
  test("the card of 1.0 holds for the SDK's own check, and a changed one does not", async () => {
    const card = AgentCard.fromJSON(now)
    await verifyAgentCardSignature(keyOf)(card)
    // The SDK prints each signature that does not hold.
    const printed = vi.spyOn(console, 'debug').mockImplementation(() => {})
    onTestFinished(() => printed.mockRestore())
    await expect(verifyAgentCardSignature(keyOf)({ ...card, version: '9' })).rejects.toThrow('No valid')
  })

  test('the signature names the agent and the place of the key', () => {
    const [{ protected: head } = { protected: '' }] = AgentCard.fromJSON(now).signatures
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      typ: 'JOSE',
      kid: machineKey.publicKey,
      jku: `${url}/.well-known/jwks.json`,
      agent: 'uhCAkself',
    })
  })

  test('the card of 0.3 has its fields and a signature over them', () => {
    const { signatures, ...card } = legacy as { signatures: { protected: string; signature: string }[] }
    expect(card).toMatchObject({ url: `${url}/a2a`, preferredTransport: 'JSONRPC', protocolVersion: '0.3' })
    const [made = expect.unreachable()] = signatures
    const payload = Buffer.from(canonicalJson(card as Json)).toString('base64url')
    const key = createPublicKey({ key: { ...keys[0] }, format: 'jwk' })
    const bytes = Buffer.from(`${made.protected}.${payload}`)
    expect(verify(null, bytes, key, Buffer.from(made.signature, 'base64url'))).toBe(true)
  })
})
