// Judges the membership that a data folder has noted.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dataPaths } from '../../../../host/config/paths.ts'
import { type PrivateNetwork, writePrivateNetwork } from '../../../../host/config/private-networks.ts'
import { membershipFacts, notedMembership } from '../../../../host/daemon/facts/membrane.ts'
import { openPeerKey, signingKey } from '../../../../host/net/peer-key.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'ripple-membrane-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const nobody: PrivateNetwork = {
  ...{ local_name: 'family', founder: 'ab'.repeat(32) },
  ...{ delegation: null, proof: null, invite: null, asked_for: null },
}
const forged = {
  ...{
    network: 'ripple-local-family',
    agent: 'uhCAkKTuSByKLeFS8PMspWevqFYPgZtQZgxJKWzgdb99ldfh49g1z',
    invite_expires_at: null,
  },
  ...{ issuer: { key: 'ab'.repeat(32), delegation: null }, signature: 'cd'.repeat(64) },
}
const facts = () => notedMembership(data, { localName: 'family' })

describe('the membership that is noted', () => {
  test('a network without a note is open', async () => {
    expect(await facts()).toEqual({ state: 'open', why: null })
    expect(await notedMembership(data, { localName: null })).toEqual({ state: 'open', why: null })
  })

  test('a machine without proof and invite is refused', async () => {
    await writePrivateNetwork(data, nobody)
    expect(await facts()).toEqual({ state: 'refused', why: expect.stringContaining('no proof') })
  })

  test('a forged proof is refused with the reason', async () => {
    await writePrivateNetwork(data, { ...nobody, proof: forged })
    expect(await facts()).toMatchObject({ state: 'refused', why: expect.stringMatching(/\w/) })
  })

  test('an invited machine, and a founder before the first start, are not judged yet', async () => {
    await writePrivateNetwork(data, { ...nobody, invite: 'ripple-invite' })
    expect(await facts()).toBeNull()
    const founder = signingKey(await openPeerKey(dataPaths(data).peerKey)).publicKey
    await writePrivateNetwork(data, { ...nobody, founder })
    expect(await facts()).toBeNull()
  })
})

test('a running member whose membership was revoked is refused', () => {
  const revoked = 'its membership was revoked'
  const member = (why: string | null) => membershipFacts({ proof: forged, refusal: () => why }, forged.agent)
  expect(member(revoked)).toEqual({ state: 'refused', why: revoked })
  expect(member(null)).toEqual({ state: 'admitted', why: null })
  expect(membershipFacts(null, forged.agent)).toEqual({ state: 'open', why: null })
})
