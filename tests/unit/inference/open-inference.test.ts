import { describe, expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import {
  type InferenceNeeds,
  openInference,
  type ProviderRoute,
} from '../../../host/inference/open-inference.ts'
import { limits } from '../../../host/limits.ts'
import type { AnswerEnd, AnswerPiece, Ask } from '../../../host/types/answer.ts'
import type { Work } from '../../../host/work/work.ts'
import { deterministicEngine } from '../../harness/doubles/deterministic-engine.ts'
import { forever } from '../../harness/forever.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'
import { standInGate } from '../../harness/sim/gate.ts'
import { ask, asking, openPlane } from './plane.ts'

const digest = 'a'.repeat(64)

/** A plane that posts nothing: each word of its engine takes a second of a clock that the test turns. */
function local(changes: Partial<InferenceNeeds> = {}) {
  const clock = new VirtualClock(0)
  const models = [{ name: 'sim', sha256: digest, path: '', bytes: 1, context_tokens: 2_048 }]
  const engine = deterministicEngine({ models, clock, tokenMs: () => 1_000, tokens_max: 16 })
  const work = { heldGrants: () => 0 } as unknown as Work
  const inference = openInference({
    work,
    engine,
    gate: standInGate(clock, 'one seed'),
    self: 'self',
    post: false,
    cache: true,
    known: () => [{ name: 'sim', digest, context_tokens: 2_048, at: [] }],
    problemOf: () => null,
    upstreamNames: () => ['upstream:lan/gpt'],
    auto: async () => ({ target: { type: 'moe', by: 'card' }, why: 'a card says so' }),
    ensemble: async (_ask, _chosen, pieces) => {
      pieces.push({ type: 'text', text: 'many' })
      return { end: Promise.resolve({ ...ended, text: 'many', route: 'ensemble' }) }
    },
    upstream: (name) => async () => ({ ...ended, text: name, route: 'upstream' }),
    repeatUpstream: async () => {},
    answerOf: () => Promise.reject(new RangeError('no task has an answer here')),
    clock,
    ...changes,
  })
  const run = (ms: number) => clock.run(clock.now() + ms, () => false)
  return { inference, clock, run }
}

const ended: AnswerEnd = {
  text: '',
  finish: 'stop',
  usage: { tokens_in: 1, tokens_out: 1 },
  model: 'm',
  model_digest: null,
  route: 'mesh',
  peer: null,
  task: null,
  receipt: null,
  why: '',
}

async function read(pieces: AsyncIterable<AnswerPiece>): Promise<string> {
  let text = ''
  for await (const piece of pieces) if (piece.type === 'text') text += piece.text
  return text
}

test.each(['sim', 'ripple/auto'])(
  'a schema that nothing fits is refused before the post: %s',
  async (model) => {
    // Posting would fail otherwise: the stand-in for the work cannot.
    const { inference } = local({ post: true })
    const format = { type: 'schema' as const, schema: { type: 'string', minLength: 3, maxLength: 2 } }
    await expect(inference.ask(asking({ model, format }), forever)).rejects.toMatchObject({
      code: 'RIPPLE_BODY_INVALID',
      facts: { detail: expect.stringContaining('minLength above its maxLength'), param: 'format' },
    })
  },
)

test('a file that is here but not offered is refused with the reason', async () => {
  const split = new RippleError('RIPPLE_MODEL_SPLIT', { file: 'big-00001-of-00003.gguf', no: 1, count: 3 })
  const { inference } = local({ problemOf: (name) => (name === 'big' ? split : null) })
  await expect(inference.ask(asking({ model: 'big' }), forever)).rejects.toBe(split)
  const unknown = inference.ask(asking({ model: 'small' }), forever)
  await expect(unknown).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NOT_FOUND' })
})

describe('the bound of asks', () => {
  test('asks beyond the bound wait for a place and proceed when one ends', async () => {
    const { inference, run } = local()
    const gone = new AbortController()
    const ask = (signal = forever) => inference.ask(asking(), signal)
    const first = await ask(gone.signal)
    const others = await Promise.all(Array.from({ length: limits.asks_max - 1 }, () => ask()))
    let begun = 0
    const waiting = [ask(), ask()].map(async (one) => {
      const answer = await one
      begun += 1
      return answer
    })
    await new Promise(setImmediate)
    expect(begun).toBe(0)
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(first.end).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    await expect(read(first.pieces)).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    await expect.poll(() => begun).toBe(1)
    await run(60_000)
    await expect.poll(() => begun).toBe(2)
    await run(60_000)
    for (const one of [...others, ...(await Promise.all(waiting))])
      expect((await one.end).text.length).toBeGreaterThan(0)
  })

  test("asks beyond the queue's bound are refused with a retry time", async () => {
    const { inference } = local()
    const gone = new AbortController()
    const count = limits.asks_max + limits.asks_waiting_max
    const all = Array.from({ length: count }, () => inference.ask(asking(), gone.signal))
    for (const one of all) one.then(({ end }) => end).catch(() => undefined)
    await expect(inference.ask(asking(), forever)).rejects.toMatchObject({
      code: 'RIPPLE_BUSY',
      http: 429,
      facts: { max: count, retry_after_s: expect.any(Number) },
    })
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(all.at(-1)).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  })

  test('a refused ask takes no place', async () => {
    const refused = new RippleError('RIPPLE_POLICY_REFUSED', { policy: 'post', rule: 'r', reason: 'no' })
    const work = { post: () => Promise.reject(refused) } as unknown as Work
    const posting = local({ post: true, work }).inference
    const plain = local().inference
    for (let times = 0; times < limits.asks_max + 1; times += 1) {
      await expect(posting.ask(asking(), forever)).rejects.toBe(refused)
      await expect(plain.ask(asking({ model: 'sum' }), forever)).rejects.toMatchObject({
        code: 'RIPPLE_MODEL_NOT_FOUND',
        facts: { nearest: expect.stringContaining('sim') },
      })
    }
    expect((await plain.ask(asking(), forever)).id.length).toBeGreaterThan(0)
  })
})

describe('places for several asks', () => {
  test('places for several asks are taken at once when free', async () => {
    const { inference, run } = local()
    const rest = Array.from({ length: limits.asks_max - 3 }, () => inference.ask(asking(), forever))
    const others = await Promise.all(rest)
    const gone = new AbortController()
    const four = inference.places(4, gone.signal)
    // A later ask does not overtake an earlier one.
    const three = inference.places(3, forever)
    const first = await Promise.race([four, three, new Promise(setImmediate).then(() => 'nobody')])
    expect(first).toBe('nobody')
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(four).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    const places = await three
    const members = await Promise.all([1, 2, 3].map(() => places.ask(asking(), forever)))
    // No place serves two asks at a time.
    await expect(places.ask(asking(), forever)).rejects.toMatchObject({ code: 'RIPPLE_BUSY' })
    await run(60_000)
    for (const { end } of [...others, ...members]) expect((await end).text.length).toBeGreaterThan(0)
  })

  test('places are given back with their last ask', async () => {
    const { inference, run } = local()
    const places = await inference.places(limits.asks_max, forever)
    const gone = new AbortController()
    const one = await places.ask(asking(), gone.signal)
    const two = await places.ask(asking(), forever)
    places[Symbol.dispose]()
    places[Symbol.dispose]()
    await expect(places.ask(asking(), forever)).rejects.toMatchObject({ code: 'RIPPLE_BUSY' })
    const others = await inference.places(limits.asks_max - 2, forever)
    let hasAll = false
    const all = inference.places(limits.asks_max, forever).then((taken) => {
      hasAll = true
      return taken
    })
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(one.end).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    others[Symbol.dispose]()
    await new Promise(setImmediate)
    expect(hasAll).toBe(false)
    await run(60_000)
    await two.end
    using _all = await all
    expect(hasAll).toBe(true)
  })

  test('a place is given back by a refused ask', async () => {
    using places = await local().inference.places(1, forever)
    const unknown = asking({ model: 'sum' })
    for (let times = 0; times < 3; times += 1)
      await expect(places.ask(unknown, forever)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NOT_FOUND' })
    expect((await places.ask(asking(), forever)).id.length).toBeGreaterThan(0)
  })
})

describe('an ask without a number of tokens', () => {
  const at = [{ agent: 'self', name: 'self', loaded: true }]
  const known = () => [{ name: 'sim', digest, context_tokens: 2_048, at }]
  const tokensOf = async (max_tokens: number | null, tokensMax: number | null) => {
    const ownBounds = () => ({ tokensMax, contextTokens: limits.answer_context_tokens })
    const { inference, run } = local({ known, ownBounds })
    const { end } = await inference.ask(asking({ max_tokens }), forever)
    await run(60_000)
    return (await end).usage?.tokens_out
  }

  test.each([null, 32_000])(
    "an ask without a token bound runs to the model's end, also if it names %s",
    async (max_tokens) => {
      const clock = new VirtualClock(0)
      const model = { name: 'sim', digest, context_tokens: 8_192, at }
      const file = { name: 'sim', sha256: digest, path: '', bytes: 1, context_tokens: 8_192 }
      const said = async (tokens_max: number) => {
        const engine = deterministicEngine({ models: [file], clock, tokenMs: () => 1, tokens_max })
        const { inference } = local({ known: () => [model], engine, clock })
        const { end } = await inference.ask(asking({ max_tokens }), forever)
        await clock.run(clock.now() + 60_000, () => false)
        return end
      }
      expect((await said(3_000)).usage).toMatchObject({ tokens_out: 3_000 })
      // No answer is longer than the model's context.
      expect((await said(10_000)).usage).toMatchObject({ tokens_out: 8_192 })
    },
  )

  test('a named number of tokens is requested as it is, and the policy may refuse it', async () => {
    expect(await tokensOf(9, 4)).toBe(9)
  })
})

describe('the route of an ask', () => {
  test('an ask without a post runs on this machine, without a receipt', async () => {
    const { inference, run } = local()
    const answer = await inference.ask(asking({ trace_id: 'trace-1' }), forever)
    const text = read(answer.pieces)
    await run(60_000)
    const end = await answer.end
    expect(end).toMatchObject({ route: 'local', peer: 'self', task: null, receipt: null, model: 'sim' })
    expect([await text, answer.trace_id]).toEqual([end.text, 'trace-1'])
  })

  test.each([
    ['ripple/moe', 'many', 'ensemble'],
    ['ripple/auto', 'many', 'ensemble'],
    ['upstream:lan/gpt', 'lan/gpt', 'upstream'],
  ])('%s takes another route', async (model, text, route) => {
    const answer = await local().inference.ask(asking({ model }), forever)
    expect(await answer.end).toMatchObject({ text, route })
    // The pieces end with it, whatever came of them.
    expect(await read(answer.pieces)).toBe(route === 'ensemble' ? 'many' : '')
  })

  test('an ask without places for its members is refused before it begins', async () => {
    const busy = new RippleError('RIPPLE_BUSY', { what: 'x', max: 1, retry_after_s: 5 })
    const { inference } = local({ ensemble: () => Promise.reject(busy) })
    await expect(inference.ask(asking({ model: 'ripple/moe' }), forever)).rejects.toBe(busy)
  })

  test('a failed ask fails its pieces alike', async () => {
    const broken = new RippleError('RIPPLE_ANSWER_FAILED', { model: 'm', detail: 'x', id: 'y' })
    const { inference } = local({ ensemble: async () => ({ end: Promise.reject(broken) }) })
    const answer = await inference.ask(asking({ model: 'ripple/moe' }), forever)
    await expect(answer.end).rejects.toBe(broken)
    await expect(read(answer.pieces)).rejects.toBe(broken)
  })
})

describe('a repeated ask', () => {
  const twice = async (changes: Partial<Ask>) => {
    const plane = await openPlane(2)
    const first = await ask(plane, 'stream', changes)
    const again = await ask(plane, 'stream', changes)
    return { plane, first, again, runs: plane.honest.length }
  }

  test('a repeated ask with a seed gets the stored answer with the first receipt', async () => {
    const { plane, first, again, runs } = await twice({ seed: 3 })
    expect([runs, again.text]).toEqual([1, first.text])
    expect(again.end).toEqual({ ...first.end, route: 'cache', why: expect.stringContaining('seed') })
    expect(plane.inference.cacheFigures()).toEqual({ entries: 1, hits: 1, misses: 1 })
  })

  test('a repeated ask without a seed or to a named machine runs again', async () => {
    expect((await twice({})).runs).toBe(2)
    const plane = await openPlane(2)
    const model = `peer:${plane.workers[0]?.machine.agent}/sim`
    await ask(plane, 'whole', { seed: 3, model })
    await ask(plane, 'whole', { seed: 3, model })
    expect(plane.honest.length).toBe(2)
    expect(plane.inference.cacheFigures()).toEqual({ entries: 0, hits: 0, misses: 0 })
  })

  test("a provider's answer is stored too, and nothing leaves or is paid again", async () => {
    let left = 0
    const upstream = (): ProviderRoute => async () => {
      left += 1
      if (left === 1) throw new RippleError('RIPPLE_ANSWER_FAILED', { model: 'm', detail: 'down', id: 'i' })
      return { ...ended, text: `answer ${left}`, route: 'upstream' }
    }
    const repeated: (string | null)[] = []
    const repeatUpstream = async (name: string, { trace_id, data_class }: Ask) => {
      repeated.push(name, trace_id)
      if (data_class === 'secret') throw new RippleError('RIPPLE_POLICY_REFUSED', { policy: 'egress' })
    }
    const { inference } = local({ upstream, repeatUpstream })
    const endOf = async (changes: Partial<Ask>) => {
      const seeded = asking({ model: 'upstream:lan/gpt', seed: 3, ...changes })
      const { end, pieces } = await inference.ask(seeded, forever)
      return { ...(await end), read: await read(pieces) }
    }
    await expect(endOf({})).rejects.toMatchObject({ code: 'RIPPLE_ANSWER_FAILED' })
    expect(await endOf({})).toMatchObject({ text: 'answer 2', route: 'upstream' })
    expect(repeated).toEqual([])
    const again = { trace_id: 'again' }
    expect(await endOf(again)).toMatchObject({ text: 'answer 2', read: 'answer 2', route: 'cache' })
    await expect(endOf({ ...again, data_class: 'secret' })).rejects.toMatchObject({
      code: 'RIPPLE_POLICY_REFUSED',
    })
    expect(repeated).toEqual(['lan/gpt', 'again', 'lan/gpt', 'again'])
    const others = [{ seed: 4 }, { seed: null }, { key: 'a-key-of-16-bytes' }, { max_tokens: 3 }]
    for (const other of others) expect(await endOf(other)).toMatchObject({ route: 'upstream' })
    expect(left).toBe(2 + others.length)
  })

  const chat = (tool_choice: 'auto' | 'none' | 'required'): Partial<Ask> => ({
    input: {
      type: 'chat',
      messages: [{ role: 'user', content: 'Look.', tool_calls: [], tool_call_id: null }],
      tools: [{ name: 'look', description: '', parameters: {} }],
      tool_choice,
    },
  })
  const json: Partial<Ask> = { format: { type: 'json' } }

  test.each<[string, Partial<AnswerEnd>, Partial<Ask>, boolean]>([
    ['nothing', { text: ' \n' }, {}, false],
    ['nothing, where tools may be called', { text: '{"content":""}' }, chat('auto'), false],
    [
      'a call of a tool that was not offered',
      { text: '{"tool_calls":[{"name":"hear","arguments":{}}]}' },
      chat('auto'),
      false,
    ],
    [
      'a call that was offered',
      { text: '{"tool_calls":[{"name":"look","arguments":{}}]}' },
      chat('auto'),
      true,
    ],
    [
      'such a call where JSON was asked for',
      { text: '{"content":"I look.","tool_calls":[{"name":"look","arguments":{}}]}' },
      { ...chat('auto'), ...json },
      true,
    ],
    [
      'words, and a call of a tool that was not offered',
      { text: '{"content":"I hear.","tool_calls":[{"name":"hear","arguments":{}}]}' },
      chat('auto'),
      false,
    ],
    [
      'a call whose arguments are none',
      { text: '{"tool_calls":[{"name":"look","arguments":"there"}]}' },
      chat('auto'),
      false,
    ],
    ['words where a call was wanted', { text: '{"content":"No."}' }, chat('required'), false],
    [
      'JSON as text, where tools may be called',
      { text: JSON.stringify({ content: '{"a":1}' }) },
      { ...chat('auto'), ...json },
      true,
    ],
    [
      'such JSON that was cut off',
      { text: '{"content":"{\\"a\\":', finish: 'length' },
      { ...chat('auto'), ...json },
      true,
    ],
    [
      'words in place of JSON, where tools may be called',
      { text: '{"content":"I cannot."}' },
      { ...chat('auto'), ...json },
      false,
    ],
    ['words, where tools may be called', { text: '{"content":"No."}' }, chat('auto'), true],
    ['words, where no tool may be', { text: 'No.' }, chat('none'), true],
    ['words in place of JSON', { text: 'I cannot do that.' }, json, false],
    ['JSON', { text: '{"a":1}' }, json, true],
    ['JSON that ends too soon', { text: '{"a":' }, json, false],
    ['JSON that was cut off', { text: '{"a":', finish: 'length' }, json, true],
  ])("a provider's answer is stored only if it is of use: %s", async (_what, said, asked, kept) => {
    let left = 0
    const upstream = (): ProviderRoute => async () => {
      left += 1
      return { ...ended, ...said, route: 'upstream' }
    }
    const { inference } = local({ upstream })
    for (let times = 0; times < 2; times += 1) {
      const { end } = await inference.ask(asking({ model: 'upstream:lan/gpt', seed: 3, ...asked }), forever)
      expect((await end).text).toBe(said.text)
    }
    expect(left).toBe(kept ? 1 : 2)
  })

  test('a failed answer is not stored', async () => {
    const plane = await openPlane(1, [
      () => Promise.reject(new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: 1, max: 1 })),
    ])
    expect((await ask(plane, 'whole', { seed: 3 })).failed).toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG' })
    expect((await ask(plane, 'whole', { seed: 3 })).end?.route).toBe('mesh')
  })
})
