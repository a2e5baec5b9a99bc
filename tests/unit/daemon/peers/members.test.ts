import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type MembersNeeds, openMembers } from '../../../../host/daemon/peers/members.ts'
import { type Invite, writeInvite } from '../../../../host/membership/invite-line.ts'
import { openPeerKey, type SigningKey, signingKey } from '../../../../host/net/peer-key.ts'

let folder = ''
let anna: SigningKey
let bert: SigningKey
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-members-'))
  anna = signingKey(await openPeerKey(join(folder, 'anna.key')))
  bert = signingKey(await openPeerKey(join(folder, 'bert.key')))
})
afterEach(() => rm(folder, { recursive: true }))

/** Returns the line of an invite to the open local network `home`, by bert unless another machine is named. */
function lineOf(change: Partial<Invite>, by: SigningKey = bert): Promise<string> {
  const invite: Invite = {
    network: 'local',
    localName: 'home',
    founder: null,
    server: null,
    addresses: ['/ip4/192.168.1.20/tcp/4001'],
    inviter: by.publicKey,
    id: '0011223344556677',
    expiresAt: Date.now() + 60_000,
    once: true,
    ...change,
  }
  return writeInvite(invite, by)
}

/** Reads a line as anna, whose daemon runs on the open local network `home`. */
function read(line: string) {
  const network = { network: 'local', localName: 'home', server: null, seed: 'seed' }
  const needs = { inviter: { network, key: anna }, membership: null } as Partial<MembersNeeds> as MembersNeeds
  return openMembers(needs, new AsyncDisposableStack()).read(line, new AbortController().signal)
}

describe('an invite that is read', () => {
  test('an invite says its network, its end and its inviter', async () => {
    const line = await lineOf({})
    expect(await read(` ${line}\n`)).toEqual({
      line,
      network: 'home',
      private: false,
      inviter: bert.publicKey,
      addresses: ['/ip4/192.168.1.20/tcp/4001'],
      expires_at: expect.any(Number),
      once: true,
      way: 'redeem',
    })
  })

  test.each([
    ['of another network', { localName: 'work' }, 'restart'],
    ['of another kind of network', { network: 'testnet', localName: null }, 'restart'],
    ['of the own network with a server', { server: 'http://10.0.0.1:4433' }, 'joined'],
  ] as const)('an invite %s names the way in', async (_what, change, way) => {
    expect(await read(await lineOf(change))).toMatchObject({ way })
  })

  test('an invite that this machine has made is recognised', async () => {
    expect(await read(await lineOf({}, anna))).toMatchObject({ way: 'own' })
  })

  test('a line that was changed is refused', async () => {
    const line = await lineOf({})
    await expect(read(line.slice(0, -2))).rejects.toMatchObject({ code: 'RIPPLE_INVITE_INVALID' })
  })
})
