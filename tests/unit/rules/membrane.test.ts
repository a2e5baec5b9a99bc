/** Tests the membrane's rules in the wasm with the vectors that `cargo test` reads too. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, test } from 'vitest'
import { issuerOf, signDelegation, signProof, signRevocation } from '../../../host/membership/statements.ts'
import { signingKey } from '../../../host/net/peer-key.ts'
import { openRules } from '../../../host/rules/rules.ts'
import type { Membrane, MembraneProof, Revocation } from '../../../zomes-bindings/generated/membrane.ts'
import { identityOf } from '../../harness/sim/identity.ts'

interface Case {
  readonly name: string
  readonly membrane: Membrane | null
  readonly refusal: string | null
}
type ProofCase = Case & { readonly agent: string; readonly proof: MembraneProof | null }
type RevocationCase = Case & { readonly revocation: Revocation }

const folder = join(import.meta.dirname, '../../../dnas/shared/membrane-vectors')
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))
const rules = await openRules()

test.each(read('memberships.json') as ProofCase[])('$name', ({ membrane, agent, proof, refusal }) => {
  expect(rules.checkMembership(membrane, agent, proof)).toBe(refusal)
})

test.each(read('revocations.json') as RevocationCase[])('$name', ({ membrane, revocation, refusal }) => {
  expect(rules.checkRevocation(membrane, revocation)).toBe(refusal)
})

test('the documents that the host signs count by the rules', async () => {
  const founder = signingKey(await generateKeyPair('Ed25519'))
  const delegate = signingKey(await generateKeyPair('Ed25519'))
  const membrane = { founder: founder.publicKey, network: 'ripple-local-family' }
  const { agent } = identityOf('bob')
  const delegation = await signDelegation(membrane, founder, delegate.publicKey)
  for (const issuer of [issuerOf(membrane, founder, null), issuerOf(membrane, delegate, delegation)]) {
    if (issuer === null) throw new Error('the key is no issuer')
    const proof = await signProof(membrane, issuer, agent, 1_800_000_000_000)
    expect(rules.checkMembership(membrane, agent, proof)).toBeNull()
    expect(rules.checkRevocation(membrane, await signRevocation(membrane, issuer, agent, 5))).toBeNull()
  }
  expect(issuerOf(membrane, delegate, null)).toBeNull()
})
