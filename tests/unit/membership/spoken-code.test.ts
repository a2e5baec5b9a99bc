import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { answerCode, askForCode } from '../../../host/membership/code-exchange.ts'
import { codeProofs, newCode, readCode, SpokenCode } from '../../../host/membership/spoken-code.ts'
import { words } from '../../../host/membership/words.ts'
import { openPeerNode, type PeerNode } from '../../../host/net/libp2p.ts'

const pair = { inviter: 'ann', joiner: 'bob' }
const signal = new AbortController().signal
const ask = async (code: string) => (await codeProofs(code, pair)).ask
/** Words that are not the code's. */
const others = (code: string) => readCode('acid acorn actor alley') ?? code

let now = 0
const stack = new AsyncDisposableStack()
let ann: PeerNode
let bob: PeerNode

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-code-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  ann = stack.use(await openPeerNode({ keyFile: join(folder, 'ann') }))
  bob = stack.use(await openPeerNode({ keyFile: join(folder, 'bob') }))
})
afterAll(() => stack.disposeAsync())

test('a list of 256 different words makes codes of 32 bits', () => {
  expect(new Set(words).size).toBe(256)
  expect(words.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true)
})

test('a code is read as people type it, and nothing else is a code', () => {
  const code = newCode()
  expect(readCode(code)).toBe(code)
  expect(readCode(` ${code.replaceAll('-', '  ').toUpperCase()} `)).toBe(code)
  for (const text of ['', 'apple', 'apple-apple-apple', 'apple-river-copper-clout', 'ripple-invite-1.AAAA'])
    expect(readCode(text)).toBeNull()
})

test('a code gives its line to the first machine that proves the words', async () => {
  const spoken = new SpokenCode('line', () => now)
  expect(await spoken.answer(await ask(others(spoken.code)), pair)).toHaveProperty('refused')
  const proofs = await codeProofs(spoken.code, pair)
  expect(await spoken.answer(proofs.ask, pair)).toEqual({ line: 'line', proof: proofs.answer('line') })
  expect(await spoken.answer(proofs.ask, pair)).toEqual({ refused: 'another machine has used the code' })
})

test("a machine's proof is worth nothing from another machine", async () => {
  const spoken = new SpokenCode('line', () => now)
  const stolen = await ask(spoken.code)
  expect(await spoken.answer(stolen, { inviter: 'ann', joiner: 'eve' })).toHaveProperty('refused')
})

test('a code ends after a few wrong tries, even if they come at once, and with its time', async () => {
  const spoken = new SpokenCode('line', () => now)
  const wrong = await ask(others(spoken.code))
  const tries = Array.from({ length: limits.code_tries_max }, () => spoken.answer(wrong, pair))
  expect(await Promise.all(tries)).toEqual(tries.map(() => ({ refused: 'these are other words' })))
  expect(await spoken.answer(await ask(spoken.code), pair)).toEqual({
    refused: 'the code was tried too often',
  })
  const late = new SpokenCode('line', () => now)
  now += limits.code_ms
  expect(await late.answer(await ask(late.code), pair)).toEqual({ refused: 'the code has expired' })
})

test('a machine gets the line over the wire, and one that does not know the words gets none', async () => {
  const spoken = new SpokenCode('line', () => now)
  await answerCode(ann, spoken)
  const connection = await bob.connect({ peerId: ann.peerId, addresses: ann.addresses() }, signal)
  const peer = connection.remotePeer
  await expect(askForCode(bob, peer, others(spoken.code), signal)).rejects.toMatchObject({
    code: 'RIPPLE_INVITE_REFUSED',
  })
  expect(await askForCode(bob, peer, spoken.code, signal)).toBe('line')
})
