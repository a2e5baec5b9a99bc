import { beforeAll, expect, test } from 'vitest'
import { openPublished, publishClear, publishSealed } from '../../../../host/work/context/published.ts'
import { sealReady } from '../../../../host/work/context/seal.ts'
import { fallbackOf } from '../../../../host/work/poster/fallback.ts'
import { identityOf } from '../../../harness/sim/identity.ts'

const salted = { salt: new Uint8Array(32).fill(7), payload: new TextEncoder().encode('{"prompt":"Grüße"}') }
const key = new Uint8Array(32).fill(9)
const [a, b, c] = ['a', 'b', 'c'].map(identityOf)
if (!a || !b || !c) throw new TypeError('three identities')
const readers = [a, b].map(({ agent, publicKey }) => ({ agent, publicKey }))
const random = { bytes: (length: number) => new Uint8Array(length).fill(3) }

beforeAll(sealReady)

test('a public payload opens for everybody', () => {
  const opened = openPublished(publishClear(salted), c.agent, c.openBox)
  expect(opened && { ...opened, payload: Buffer.from(opened.payload).toString() }).toMatchObject({
    payload: '{"prompt":"Grüße"}',
  })
  expect(Buffer.from(opened?.salt ?? []).equals(salted.salt)).toBe(true)
})

test('a sealed payload opens for the named readers only', () => {
  const published = publishSealed(salted, key, readers, random)
  for (const { agent, openBox } of [a, b]) {
    const opened = openPublished(published, agent, openBox)
    expect(Buffer.from(opened?.payload ?? []).equals(salted.payload)).toBe(true)
    expect(Buffer.from(opened?.salt ?? []).equals(salted.salt)).toBe(true)
  }
  expect(openPublished(published, c.agent, c.openBox)).toBeNull()
  // A reader in another's place in the list still has the other's box.
  expect(openPublished(published, a.agent, c.openBox)).toBeNull()
})

test('a changed ciphertext does not open', () => {
  const published = publishSealed(salted, key, readers, random)
  if (published.type !== 'sealed') throw new TypeError('it is sealed')
  const bytes = Buffer.from(published.ciphertext, 'base64')
  bytes[3] = (bytes[3] ?? 0) ^ 1
  const altered = { ...published, ciphertext: bytes.toString('base64') }
  expect(openPublished(altered, a.agent, a.openBox)).toBeNull()
})

test('a fallback that the network would refuse is refused before it is written', () => {
  const wish = { after_ms: 1_000, allow: readers } as const
  expect(fallbackOf(wish, 'private', salted, random).payload.type).toBe('sealed')
  expect(fallbackOf(wish, 'public', salted, random).payload.type).toBe('clear')
  const invalid = expect.objectContaining({ code: 'RIPPLE_FALLBACK_INVALID' })
  expect(() => fallbackOf({ ...wish, allow: 'any' }, 'private', salted, random)).toThrow(invalid)
  const large = { ...salted, payload: new Uint8Array(65_537) }
  expect(() => fallbackOf(wish, 'private', large, random)).toThrow(invalid)
})
