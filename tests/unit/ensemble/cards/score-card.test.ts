import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cardFor } from '../../../../host/ensemble/cards/card-for.ts'
import { CardStore } from '../../../../host/ensemble/cards/card-store.ts'
import { pairedInterval } from '../../../../host/ensemble/cards/resampling.ts'
import { cardDigest, cardText } from '../../../../host/ensemble/cards/score-card.ts'
import { peerSigner, type Signer, verifyCard } from '../../../../host/ensemble/cards/sign-card.ts'
import { scoreOf, type Tried } from '../../../../host/ensemble/measure/tally.ts'
import type { PromptForm } from '../../../../host/ensemble/members/able-models.ts'
import { chooseMembers } from '../../../../host/ensemble/members/members.ts'
import { lineupOf } from '../../../../host/ensemble/members/types.ts'
import { CARD_VERSION, type ScoreCard } from '../../../../host/types/score-card.ts'
import { agent, digest, model, peer, policyWith } from '../stand-in.ts'

const peers = [...'abc'].map((letter) => peer(letter))
const models = [model('one', '1', 'a'), model('two', '2', 'b'), model('three', '3', 'c')]
const chosen = (k = 3, some = models) =>
  chooseMembers({
    self: agent('z'),
    policy: policyWith(),
    models: some,
    peers,
    taskType: 'general',
    k,
    seed: 0,
  })

const tried = (right: boolean): Tried => ({ right, tokens_in: 3, tokens_out: 2, ms: 10 })
const items = (ensemble: string, other: string, one = other) =>
  [...ensemble].map((mark, at) => ({
    ensemble: { ...tried(mark === '1'), no_consensus: false, failed_members: 0 },
    one_answer: tried(one[at] === '1'),
    equal_tokens: tried(other[at] === '1'),
  }))

function cardWith(
  score = scoreOf(items('1'.repeat(20), '0'.repeat(20)), 1),
  changes: Partial<ScoreCard> = {},
) {
  const members = lineupOf(chosen()).map((each) => ({ ...each }))
  const card: ScoreCard = {
    version: CARD_VERSION,
    agent: agent('z'),
    at: 1_000,
    expires_at: 9_000,
    set: { name: 'set', digest: digest('5'), items: score.items },
    policy: { name: 'ripple-moe', digest: digest('6') },
    mode: 'distinct_models',
    seed: 1,
    equal_tokens_by: 'samples',
    bootstrap: { seed: 1, resamples: 4_000 },
    scores: {
      general: { ...score, members, best_member: { model: 'one', model_digest: digest('1') }, form: 'auto' },
    },
    overall: score,
    ...changes,
  }
  return card
}

describe('the interval', () => {
  it('the interval is that of paired differences and the same for the same seed', () => {
    const some = [...Array(30).fill(1), ...Array(60).fill(0), ...Array(10).fill(-1)]
    const [low, high] = pairedInterval(some, 4_000, 1)
    expect(pairedInterval(some, 4_000, 1)).toEqual([low, high])
    // The normal approximation: 0.2 +- 1.96 * sqrt(0.36 / 100).
    expect(low).toBeCloseTo(0.08, 1)
    expect(high).toBeCloseTo(0.32, 1)
    expect(pairedInterval([0, 0, 0], 100, 1)).toEqual([0, 0])
  })

  it('the interval contains the mean and lies within the samples', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        (some, seed) => {
          const [low, high] = pairedInterval(some, 500, seed)
          const mean = some.reduce<number>((sum, one) => sum + one, 0) / some.length
          expect(low).toBeLessThanOrEqual(mean + 1e-9)
          expect(high).toBeGreaterThanOrEqual(mean - 1e-9)
          expect(low).toBeGreaterThanOrEqual(Math.min(...some))
          expect(high).toBeLessThanOrEqual(Math.max(...some))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('a score', () => {
  it('a score counts wins, ties and losses item by item', () => {
    const score = scoreOf(items('1110', '0101', '1111'), 1)
    expect(score).toMatchObject({
      items: 4,
      ensemble: { accuracy: 0.75, cost: { tokens_in: 12, tokens_out: 8, seconds: 0.04 } },
      equal_tokens: { accuracy: 0.5, wins: 2, ties: 1, losses: 1, difference: 0.25 },
      one_answer: { accuracy: 1, wins: 0, ties: 3, losses: 1, difference: -0.25 },
    })
  })
})

describe('ripple/auto', () => {
  const route = (
    cards: readonly ScoreCard[],
    members = chosen(),
    policy = digest('6'),
    now = 5_000,
    form: PromptForm = 'auto',
  ) => cardFor({ taskType: 'general', form }, cards, members, policy, now)
  const inForm = (form: 'auto' | 'none' | null) => {
    const card = cardWith()
    const { general } = card.scores
    return { ...card, scores: general ? { general: { ...general, form } } : {} }
  }

  it.each([
    ['auto', { chat: 'ensemble', auto: 'ensemble', none: 'single' }],
    ['none', { chat: 'single', auto: 'single', none: 'ensemble' }],
    [null, { chat: 'single', auto: 'single', none: 'single' }],
  ] as const)("ripple/auto follows a card that was measured in the prompt's form: %s", (measured, wanted) => {
    const forms = ['chat', 'auto', 'none'] as const
    const routes = forms.map(
      (form) => [form, route([inForm(measured)], undefined, undefined, undefined, form)] as const,
    )
    expect(Object.fromEntries(routes.map(([form, { to }]) => [form, to]))).toEqual(wanted)
    for (const [form, { why }] of routes)
      expect(why).toContain(form === 'none' ? 'in continued text' : 'in chats')
  })

  it('ripple/auto takes the ensemble if a valid card says that it wins', () => {
    const card = cardWith()
    expect(route([card])).toMatchObject({
      to: 'ensemble',
      card,
      why: expect.stringContaining('100 % against 0 %'),
    })
  })

  it.each([
    ['no card', []],
    ['a card that cannot tell', [cardWith(scoreOf(items('1110', '0101'), 1))]],
    ['a card of too few items', [cardWith(scoreOf(items('1'.repeat(19), '0'.repeat(19)), 1))]],
    ['a card that loses', [cardWith(scoreOf(items('0'.repeat(20), '1'.repeat(20)), 1))]],
    [
      'a card that only wins against a wasteful rival',
      [cardWith(scoreOf(items('1'.repeat(20), '0'.repeat(20), '1'.repeat(20)), 1))],
    ],
    ['a card of another task type', [cardWith(undefined, { scores: {} })]],
    ['a card that has expired', [cardWith(undefined, { expires_at: 5_000 })]],
    ['a card of the future', [cardWith(undefined, { at: 5_001 })]],
    ['a card of another policy', [cardWith(undefined, { policy: { name: 'x', digest: digest('7') } })]],
    ['a card of the other mode', [cardWith(undefined, { mode: 'self_consistency' })]],
  ])('ripple/auto takes a single model with %s', (_what, cards) => {
    expect(route(cards).to).toBe('single')
  })

  it('ripple/auto takes a single model if other models than measured would be asked', () => {
    expect(route([cardWith()], chosen(2))).toMatchObject({ to: 'single', card: null })
    const changed = [...models.slice(0, 2), model('three', '4', 'c')]
    expect(route([cardWith()], chosen(3, changed)).why).toContain('other models')
    const moved = [...models.slice(0, 2), model('three', '3', 'a')]
    expect(route([cardWith()], chosen(3, moved)).to).toBe('ensemble')
  })

  it("ripple/auto asks the best member of a valid card, else the policy's first", () => {
    const loses = cardWith(scoreOf(items('0'.repeat(20), '1'.repeat(20)), 1))
    const { general } = loses.scores
    const best_member = { model: 'two', model_digest: digest('2') }
    const card = { ...loses, scores: general ? { general: { ...general, best_member } } : {} }
    expect(route([card])).toMatchObject({ to: 'single', best: { member: best_member, by: 'card' } })
    const [first] = chosen().members
    for (const stale of [
      [],
      [{ ...card, expires_at: 5_000 }],
      [{ ...card, mode: 'self_consistency' as const }],
    ])
      expect(route(stale)).toMatchObject({ to: 'single', best: { member: first, by: 'policy' } })
    expect(route([], chosen(3, [])).best).toEqual({ member: null, by: 'policy' })
  })

  it('ripple/auto follows the newest valid card', () => {
    const loses = cardWith(scoreOf(items('0'.repeat(20), '1'.repeat(20)), 1), { at: 2_000 })
    expect(route([cardWith(), loses]).to).toBe('single')
    expect(route([loses, cardWith()]).to).toBe('single')
    expect(route([{ ...loses, expires_at: 2_500 }, cardWith()]).to).toBe('ensemble')
  })
})

describe('a signed card', () => {
  let folder = ''
  let signer: Signer
  let other: Signer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ripple-card-'))
    signer = peerSigner(await generateKeyPair('Ed25519'), agent('z'))
    other = peerSigner(await generateKeyPair('Ed25519'), agent('z'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const bytes = (text: string) => Buffer.from(text)

  it('a signed card verifies from its bytes, and not after any change', async () => {
    const signed = await signer.sign(cardWith())
    expect(await verifyCard('f', bytes(cardText(signed)))).toEqual(signed)
    const { card, signed: by } = signed
    const theirs = (await other.sign(card)).signed
    const forged = [
      { card: { ...card, at: 1_001 }, signed: by },
      { card: { ...card, agent: agent('y') }, signed: by },
      { card, signed: { ...by, public_key: theirs.public_key } },
      { card, signed: { ...by, signature: theirs.signature } },
      { card, signed: { ...theirs, binding: by.binding } },
      { card, signed: { ...by, public_key: '0'.repeat(64) } },
      { card, signed: by, more: 1 },
    ]
    for (const one of forged)
      await expect(verifyCard('f', bytes(JSON.stringify(one)))).rejects.toMatchObject({
        code: 'RIPPLE_SCORE_CARD_INVALID',
      })
    for (const text of ['', '{}', 'null', '\u0000'])
      await expect(verifyCard('f', bytes(text))).rejects.toMatchObject({ code: 'RIPPLE_SCORE_CARD_INVALID' })
  })

  it("a card is stored, and only this machine's own cards count", async () => {
    const store = new CardStore(folder, signer)
    const file = await store.add(await signer.sign(cardWith()))
    expect(await store.list()).toEqual([cardWith()])
    // The same agent by another libp2p key, and a file that was changed.
    const stranger = new CardStore(folder, other)
    expect(await stranger.list()).toEqual([])
    await stranger.add(await other.sign(cardWith(undefined, { at: 1_500 })))
    expect((await store.list()).map(cardDigest)).toEqual([cardDigest(cardWith())])
    writeFileSync(file, readFileSync(file, 'utf8').replace('"accuracy": 0', '"accuracy": 1'))
    expect(await store.list()).toEqual([])
  })

  it('a card of another version does not count, signed or not', async () => {
    const store = new CardStore(mkdtempSync(join(folder, 'version-')), signer)
    const before = { ...cardWith(), version: CARD_VERSION - 1 } as unknown as ScoreCard
    const signed = await signer.sign(before)
    await expect(verifyCard('f', bytes(cardText(signed)))).rejects.toMatchObject({
      code: 'RIPPLE_SCORE_CARD_INVALID',
    })
    await store.add(signed)
    expect(await store.list()).toEqual([])
  })

  it('a card is read again only when its file has changed', async () => {
    const store = new CardStore(mkdtempSync(join(folder, 'again-')), signer)
    const file = await store.add(await signer.sign(cardWith()))
    const then = new Date(1_000_000)
    utimesSync(file, then, then)
    expect(await store.list()).toEqual([cardWith()])
    const { length } = readFileSync(file)
    writeFileSync(file, ' '.repeat(length))
    utimesSync(file, then, then)
    expect(await store.list()).toEqual([cardWith()])
    utimesSync(file, then, new Date(2_000_000))
    expect(await store.list()).toEqual([])
    rmSync(file)
    expect(await store.list()).toEqual([])
  })
})
