import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readSet } from '../../../../host/ensemble/measure/eval-set.ts'
import { type EvalRequest, evaluate } from '../../../../host/ensemble/measure/evaluate.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import type { Ask, MeshModel } from '../../../../host/types/answer.ts'
import { agent, model, peer, policyWith, type Said, standInInference } from '../stand-in.ts'

const never = new AbortController().signal
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-eval-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Ten sums, and two questions of another kind. */
const lines = [
  ...Array.from({ length: 10 }, (_none, at) => ({
    id: `sum-${at}`,
    task_type: 'reasoning',
    prompt: `${at} + 1 =`,
    answers: [String(at + 1)],
    max_tokens: 4,
    template: 'none',
  })),
  ...['Paris', 'Rome'].map((city) => ({ id: city, task_type: 'general', prompt: city, answers: [city] })),
]
const set = readSet('set', 'set', Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')))

const three = [model('one', '1', 'a'), model('two', '2', 'b'), model('three', '3', 'c')]
const nameOf = ({ model }: Ask): string =>
  three.find(({ digest }) => model.endsWith(`/${digest}`))?.name ?? ''
/** The prompt without the words about the answer's form. */
const promptOf = ({ input }: Ask): string =>
  input.type === 'text' ? (input.text.split('\n\nAnswer with JSON')[0] ?? '') : ''
const rightFor = (ask: Ask): string => {
  const sum = /^(\d+) \+ 1/.exec(promptOf(ask))
  return sum ? String(Number(sum[1]) + 1) : promptOf(ask)
}

const begun = 1_800_000_000_000

function measuring(models: readonly MeshModel[], say: (ask: Ask) => Said | Promise<Said>, now = begun) {
  const inference = standInInference(models, say)
  const told: string[] = []
  const waited: number[] = []
  const needs = {
    agent: agent('z'),
    inference,
    peers: () => [...'abc'].map((letter) => peer(letter)),
    canChat: ({ name }: { name: string }) => !name.startsWith('base'),
    folder,
    now: () => now,
    sleep: async (ms: number) => void waited.push(ms),
  }
  const request: EvalRequest = {
    set,
    policy: policyWith(),
    members: 3,
    seed: 7,
    say: (line) => told.push(line),
  }
  const run = (changes: Partial<EvalRequest> = {}, signal = never) =>
    evaluate(needs, { ...request, ...changes }, signal)
  return { inference, told, waited, run }
}

describe('a measurement of distinct models', () => {
  /** The first is wrong at one sum, the third at another, and the second at odd ones but the first's: no two err together. */
  const wrong = (ask: Ask): boolean => {
    const sum = Number(/^\d+/.exec(promptOf(ask))?.[0] ?? -1)
    return nameOf(ask) === 'one' ? sum === 3 : nameOf(ask) === 'two' ? sum % 2 === 1 && sum !== 3 : sum === 4
  }
  const say = (ask: Ask): Said => ({
    text: wrong(ask) ? '99' : rightFor(ask),
    usage: { tokens_in: 4, tokens_out: 2 },
  })

  it('distinct models are compared with the best of them, once and with equal tokens', async () => {
    const { run, inference } = measuring(three, say)
    const card = await run()
    expect(card).toMatchObject({
      agent: agent('z'),
      expires_at: card.at + limits.score_card_days * 86_400_000,
      set: { name: 'set', digest: set.digest, items: 12 },
      mode: 'distinct_models',
      equal_tokens_by: 'samples',
      seed: 7,
    })
    const { reasoning, general } = card.scores
    expect(reasoning).toMatchObject({
      items: 10,
      best_member: { model: 'one' },
      ensemble: { accuracy: 1, failed_members: 0 },
      one_answer: { accuracy: 0.9, wins: 1, ties: 9, losses: 0 },
      equal_tokens: { accuracy: 0.9 },
    })
    expect(general).toMatchObject({
      items: 2,
      ensemble: { accuracy: 1 },
      equal_tokens: { ties: 2, difference_95: [0, 0] },
    })
    expect(reasoning?.members.map((one) => one.model)).toEqual(['one', 'two', 'three'])
    expect(card.overall.items).toBe(12)
    // Three members and three samples an item; the one answer is that of the member, which was asked greedily.
    expect(inference.asked).toHaveLength(12 * 6)
    const sampled = inference.asked.filter(({ temperature_milli }) => temperature_milli > 0)
    expect(new Set(sampled.map(nameOf))).toEqual(new Set(['one']))
    expect(new Set(sampled.map(({ seed }) => seed)).size).toBe(sampled.length)
    expect(reasoning?.equal_tokens.cost).toMatchObject({ tokens_in: 120, tokens_out: 60 })
    expect(reasoning?.ensemble.cost).toMatchObject({ tokens_in: 120, tokens_out: 60 })
  })

  it('the same seed gives the same card except for its times', async () => {
    const timeless = (card: object) => JSON.stringify(card).replace(/"seconds":[\d.]+/g, '')
    const first = timeless(await measuring(three, say).run())
    rmSync(folder, { recursive: true })
    expect(timeless(await measuring(three, say).run())).toBe(first)
  })

  it('an evaluation goes on where it stopped, also after half a line', async () => {
    const stop = new AbortController()
    let count = 0
    const first = measuring(three, (ask) => {
      count += 1
      if (count === 20) stop.abort(new RippleError('RIPPLE_INTERRUPTED'))
      return say(ask)
    })
    await expect(first.run({}, stop.signal)).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    const [journal = ''] = readdirSync(folder)
    appendFileSync(join(folder, journal), '{"step":"ensemble","item":"sum-9","ens')
    const second = measuring(three, say)
    const card = await second.run()
    expect(card.scores.reasoning?.items).toBe(10)
    expect(second.told[1]).toBe('6 of 24 steps were done before')
    expect(second.inference.asked.length).toBe(12 * 6 - 6 * 3)
    const third = measuring(three, say)
    expect((await third.run()).overall).toEqual(card.overall)
    expect(third.inference.asked).toEqual([])
  })

  it('an evaluation has the date of its begin and starts over once its card would expire', async () => {
    const month = limits.score_card_days * 86_400_000
    await measuring(three, say).run()
    const later = measuring(three, say, begun + month - 1)
    expect(await later.run()).toMatchObject({ at: begun, expires_at: begun + month })
    expect(later.inference.asked).toEqual([])
    for (const now of [begun + month, begun - 1]) {
      const anew = measuring(three, say, now)
      expect((await anew.run()).at).toBe(now)
      expect(anew.inference.asked).toHaveLength(12 * 6)
    }
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('another seed, set of members or policy makes another evaluation', async () => {
    await measuring(three, say).run()
    await measuring(three, say).run({ seed: 8 })
    await measuring(three.slice(0, 2), say).run({ members: 2 })
    await measuring(three, say).run({
      policy: policyWith(({ reducer }) => ({ reducer: { ...reducer, min_agreement: 1 } })),
    })
    expect(readdirSync(folder)).toHaveLength(4)
  })

  it('an evaluation stops and keeps its answers if nobody answers or models change', async () => {
    const models = [...three]
    let count = 0
    const changing = measuring(models, (ask) => {
      count += 1
      if (count === 9) models.push(model('gemma-3n-E2B-it', '9', 'a'))
      return say(ask)
    })
    await expect(changing.run()).rejects.toMatchObject({
      code: 'RIPPLE_EVAL_STOPPED',
      facts: { detail: 'the models of the mesh have changed' },
    })
    const silent = measuring(three, async () => {
      throw new RippleError('RIPPLE_CONDUCTOR_DOWN')
    })
    await expect(silent.run()).rejects.toMatchObject({ code: 'RIPPLE_EVAL_STOPPED' })
    expect((await measuring(three, say).run()).overall.items).toBe(12)
  })

  it('an evaluation stops if it lost a sample of the best member', async () => {
    let samples = 0
    const losing = measuring(three, (ask) => {
      samples += ask.temperature_milli > 0 ? 1 : 0
      if (samples === 5) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
      return say(ask)
    })
    await expect(losing.run()).rejects.toMatchObject({
      code: 'RIPPLE_EVAL_STOPPED',
      facts: { done: 1, detail: expect.stringContaining('RIPPLE_ENGINE_CRASHED') },
    })
    expect((await losing.run()).overall.items).toBe(12)
  })

  it('an evaluation waits for busy machines, but not for ever', async () => {
    let asked = 0
    const busyAt = (times: readonly number[]) => (ask: Ask) => {
      asked += 1
      if (times.includes(asked)) throw new RippleError('RIPPLE_BUSY', { what: 'x', max: 1, retry_after_s: 1 })
      return say(ask)
    }
    // A member of the first item, the same again, and a sample.
    const some = measuring(three, busyAt([2, 5, 50]))
    const card = await some.run()
    expect(card.overall.ensemble.failed_members).toBe(0)
    expect(some.waited).toEqual(Array(3).fill(1_000 * limits.busy_retry_after_s))
    rmSync(folder, { recursive: true })
    const always = measuring(three, () => {
      throw new RippleError('RIPPLE_BUSY', { what: 'x', max: 1, retry_after_s: 1 })
    })
    await expect(always.run()).rejects.toMatchObject({
      code: 'RIPPLE_EVAL_STOPPED',
      facts: { done: 0, detail: expect.stringContaining('busy') },
    })
    expect(always.waited).toHaveLength(limits.eval_busy_waits_max)
  })

  it('an evaluation waits for places for all members of an item', async () => {
    const { inference, waited, run } = measuring(three, say)
    const given = inference.places.bind(inference)
    const wanted: number[] = []
    vi.spyOn(inference, 'places').mockImplementation(async (count, signal) => {
      wanted.push(count)
      if (wanted.length < 3) throw new RippleError('RIPPLE_BUSY', { what: 'x', max: 1, retry_after_s: 1 })
      return given(count, signal)
    })
    await run()
    expect([wanted.slice(0, 3), waited.length]).toEqual([[3, 3, 3], 2])
  })

  it('an evaluation stops if too many members failed', async () => {
    const failing = measuring(three, (ask) => {
      if (nameOf(ask) === 'two') throw new RippleError('RIPPLE_MODEL_MEMORY', { model: 'two', detail: '' })
      return say(ask)
    })
    await expect(failing.run()).rejects.toMatchObject({
      code: 'RIPPLE_EVAL_STOPPED',
      facts: { detail: expect.stringContaining('12 of 36') },
    })
  })
})

describe('a measurement of samples of one model', () => {
  const one = [model('one', '1', 'abc')]

  it('samples of one model are compared with one greedy answer of equal length', async () => {
    const { run, inference } = measuring(one, (ask) => ({
      text: ask.temperature_milli > 0 && (ask.seed ?? 0) % 3 === 0 ? '99' : rightFor(ask),
      // It fills what room it has for the first sum, and ends by itself at the others.
      usage: { tokens_in: 4, tokens_out: promptOf(ask).startsWith('0') ? (ask.max_tokens ?? 0) : 2 },
    }))
    const card = await run()
    expect(card).toMatchObject({ mode: 'self_consistency', equal_tokens_by: 'one_long_answer' })
    const greedy = inference.asked.filter(({ temperature_milli }) => temperature_milli === 0)
    expect(greedy.map(({ max_tokens }) => max_tokens)).toEqual([
      4,
      3 * (4 + 4) - 4,
      ...Array(9).fill(4),
      128,
      128,
    ])
    expect(card.scores.reasoning?.one_answer).toMatchObject({ accuracy: 1, losses: expect.any(Number) })
  })
})
