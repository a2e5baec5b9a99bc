import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Invite, readInvite, writeInvite } from '../../../host/membership/invite-line.ts'
import { signingKey } from '../../../host/net/peer-key.ts'

const now = 1_800_000_000_000
const key = signingKey(await generateKeyPair('Ed25519'))
const other = signingKey(await generateKeyPair('Ed25519'))

const home: Invite = {
  network: 'local',
  localName: 'home',
  founder: null,
  server: null,
  addresses: ['/ip4/192.168.1.20/tcp/4001', '/ip6/2001:db8::1/tcp/4001'],
  inviter: key.publicKey,
  id: '00112233445566ff',
  expiresAt: now + 60_000,
  once: false,
}

test.each<[string, Invite]>([
  ['an open local network', home],
  [
    'a private network, for one machine',
    { ...home, localName: 'family-0123456789', founder: 'ab'.repeat(32), once: true },
  ],
  [
    'a network with a server',
    { ...home, network: 'testnet', localName: null, server: 'https://relay.example/mesh' },
  ],
])('an invite to %s is read as it was written', async (_what, invite) => {
  const line = await writeInvite(invite, key)
  expect(await readInvite(`  ${line}\n`, now)).toEqual(invite)
  expect(line.length).toBeLessThan(500)
})

test('an invite is refused from its end on', async () => {
  const line = await writeInvite(home, key)
  await expect(readInvite(line, home.expiresAt)).rejects.toMatchObject({ code: 'RIPPLE_INVITE_EXPIRED' })
  await expect(readInvite(line, home.expiresAt - 1)).resolves.toEqual(home)
})

test('an invite that another key has signed is refused as forged', async () => {
  const line = await writeInvite(home, other)
  await expect(readInvite(line, now)).rejects.toMatchObject({
    code: 'RIPPLE_INVITE_INVALID',
    message: expect.stringContaining('forged'),
  })
})

test.each([
  '',
  'http://192.168.1.20:41000#home',
  'ripple-invite-1.',
  'ripple-invite-2.AAAA',
  'ripple-invite-1.====',
  'x'.repeat(5_000),
])("the text '%.40s' is refused as an invite", async (text) => {
  await expect(readInvite(text, now)).rejects.toMatchObject({ code: 'RIPPLE_INVITE_INVALID' })
})

test('an invite that was cut or changed anywhere is refused', async () => {
  const line = await writeInvite(home, key)
  const touched = fc.oneof(
    fc.integer({ min: 0, max: line.length - 1 }).map((length) => line.slice(0, length)),
    fc
      .tuple(fc.integer({ min: 0, max: line.length - 1 }), fc.constantFrom(...'AZaz09-_.'))
      .map(([at, mark]) => line.slice(0, at) + mark + line.slice(at + 1))
      // The last digit holds two bits that are no part of any byte.
      .filter((text) => text.slice(0, -1) !== line.slice(0, -1)),
  )
  await fc.assert(
    fc.asyncProperty(touched, async (text) => {
      await expect(readInvite(text, now)).rejects.toMatchObject({ code: /RIPPLE_INVITE_/ })
    }),
    { numRuns: 300 },
  )
})
