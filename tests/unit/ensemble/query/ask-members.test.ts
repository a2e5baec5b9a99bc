import { describe, expect, it } from 'vitest'
import { chooseCloud, chooseMembers, greedy } from '../../../../host/ensemble/members/members.ts'
import type { CloudMembers } from '../../../../host/ensemble/members/types.ts'
import { askMembers, askOf, type Question } from '../../../../host/ensemble/query/ask-members.ts'
import { hashOf } from '../../../../host/ensemble/vote/reduce.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { keyField } from '../../../../host/operations/request-fields.ts'
import type { Ask } from '../../../../host/types/answer.ts'
import type { ChatMessage, Tool } from '../../../../host/types/inference.ts'
import {
  agent,
  cloudProvider,
  digest,
  model,
  peer,
  policyWith,
  type Said,
  saidTo,
  standInInference,
} from '../stand-in.ts'

const policy = policyWith()
const models = [model('tiny', '6', 'abcde')]
const peers = [...'abcde'].map((letter) => peer(letter))
const choice = { self: agent('z'), policy, models, peers, taskType: 'general' as const, seed: 0 }
const members = (k: number) => chooseMembers({ ...choice, k }).members
const question: Question = {
  input: { type: 'text', text: 'What?', template: 'auto' },
  format: null,
  task_type: 'general',
  max_tokens: 32,
  stop: [],
  trace_id: 'f'.repeat(32),
}
const times = { local: 5_000, cloud: 5_000 }
const never = new AbortController().signal
const forever = (signal: AbortSignal) =>
  new Promise<Said>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('asking members', () => {
  it('asking members takes as long as the slowest, not as long as all', async () => {
    const slowest = 400
    const inference = standInInference(models, ({ seed }) => ({
      text: 'a',
      after_ms: slowest - 20 * (seed ?? 0),
    }))
    const from = performance.now()
    const replies = await askMembers({ inference, cloud: null }, members(5), question, times, never)
    expect(performance.now() - from).toBeLessThan(1.15 * Math.max(...replies.map((one) => one.latency_ms)))
    expect(replies.map(({ outcome }) => outcome)).toEqual(Array(5).fill('answered'))
  })

  it('late, failed and silent members are recorded in their places', async () => {
    const heard: AbortSignal[] = []
    const inference = standInInference(models, async ({ seed }, signal) => {
      heard.push(signal)
      if (seed === 1) return await forever(signal)
      if (seed === 2) throw new RippleError('RIPPLE_MODEL_MEMORY', { model: 'tiny', detail: '' })
      if (seed === 3) return { text: '...' }
      return { text: 'Paris' }
    })
    const replies = await askMembers(
      { inference, cloud: null },
      members(5),
      question,
      { local: 200, cloud: 200 },
      never,
    )
    expect(replies.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['answered', null],
      ['timeout', 'RIPPLE_TIMEOUT'],
      ['failed', 'RIPPLE_MODEL_MEMORY'],
      ['unusable', null],
      ['answered', null],
    ])
    expect(replies[1]).toMatchObject({ response: null, response_hash: null, peer: agent('b'), task: null })
    expect(replies[3]).toMatchObject({ response: '...', response_hash: null })
    expect(replies[0]).toMatchObject({
      response_hash: hashOf('general', 'paris'),
      model: 'tiny',
      model_digest: digest('6'),
      peer: agent('a'),
      task: 'uhCkk0',
      receipt: '/receipts/0.receipt',
      tokens_in: 10,
      tokens_out: 5,
      weight_milli: 1_000,
    })
    expect(heard[1]?.aborted).toBe(true)
  })

  it('a member that ignores its signal is not waited for', async () => {
    const inference = standInInference(models, () => new Promise<Said>(() => {}))
    const from = performance.now()
    const [reply] = await askMembers(
      { inference, cloud: null },
      members(1),
      question,
      { local: 100, cloud: 1 },
      never,
    )
    expect(reply?.outcome).toBe('timeout')
    expect(performance.now() - from).toBeLessThan(1_000)
  })

  it('a member that answers with another model does not vote', async () => {
    const inference = standInInference(models, () => ({ text: 'a', model_digest: digest('7') }))
    const [reply] = await askMembers({ inference, cloud: null }, members(1), question, times, never)
    expect(reply).toMatchObject({ outcome: 'failed', code: 'other_model', response: null })
  })

  it("an abort ends the members' answers, and those still open have its reason", async () => {
    const ending = new AbortController()
    const heard: AbortSignal[] = []
    const inference = standInInference(models, ({ seed }, signal) => {
      if (seed === 0) return { text: 'Paris' }
      heard.push(signal)
      setImmediate(end)
      return forever(signal)
    })
    const end = () => ending.abort(new RippleError('RIPPLE_INTERRUPTED'))
    const replies = await askMembers({ inference, cloud: null }, members(3), question, times, ending.signal)
    expect(replies.map(({ response, outcome, code }) => [response, outcome, code])).toEqual([
      ['Paris', 'answered', null],
      [null, 'failed', 'RIPPLE_INTERRUPTED'],
      [null, 'failed', 'RIPPLE_INTERRUPTED'],
    ])
    expect(heard.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  it('providers are asked with their own deadline, and none if they are off', async () => {
    const asked: Ask[] = []
    const cloud: CloudMembers = {
      providers: () => [cloudProvider('claude-code'), cloudProvider('codex')],
      ask: async (provider, ask, signal) => {
        asked.push(ask)
        if (provider === 'codex') return (await forever(signal)) as never
        return { text: saidTo(ask, 'a'), model: 'big', usage: { tokens_in: 1, tokens_out: 2 } }
      },
    }
    const inference = standInInference([], () => ({ text: 'b' }))
    const both = chooseCloud(policy, cloud.providers({ ...question, format: null }), 0, 0)
    const replies = await askMembers({ inference, cloud }, both, question, { local: 1, cloud: 150 }, never)
    expect(replies.map(({ tier, model: name, outcome }) => [tier, name, outcome])).toEqual([
      ['cloud', 'claude-code', 'answered'],
      ['cloud', 'codex', 'timeout'],
    ])
    const off = await askMembers({ inference, cloud: null }, both, question, times, never)
    expect(off.map(({ code }) => code)).toEqual(['RIPPLE_UPSTREAM_FAILED', 'RIPPLE_UPSTREAM_FAILED'])
    expect(inference.asked).toEqual([])
  })
})

describe('an answer with a form', () => {
  const replyTo = async (text: string, changes: Partial<Question> = {}) => {
    const usage = { tokens_in: 1, tokens_out: 2 }
    const cloud: CloudMembers = {
      providers: () => [cloudProvider('codex')],
      ask: async () => ({ text, model: 'big', usage }),
    }
    const inference = standInInference([], () => ({ text: '' }))
    const provider = chooseCloud(policy, [cloudProvider('codex')], 0, 0)
    const asked = { ...question, ...changes }
    const [reply] = await askMembers({ inference, cloud }, provider, asked, times, never)
    return [reply?.outcome, reply?.response]
  }

  it.each([
    ['{"answer": "Paris"}', 'Paris'],
    ['{"answer": 7}', '7'],
    ['Here: {"answer": "7 \\"eggs\\""} Done.', '7 "eggs"'],
    ['{"answer": "Once upon a ti', 'Once upon a ti'],
  ])('the answer %s votes as %s', async (text, said) => {
    expect(await replyTo(text)).toEqual(['answered', said])
  })

  it.each(['Paris', '{"reply": "Paris"}', '{"answer": ["Paris"]}', '{"ans'])(
    'the answer %s has no vote',
    async (text) => {
      expect(await replyTo(text)).toEqual(['unusable', text])
    },
  )

  it('a continued text need not have the form of an answer', async () => {
    const input = { type: 'text' as const, text: 'x', template: 'none' as const }
    expect(await replyTo('Paris', { input })).toEqual(['answered', 'Paris'])
  })
})

describe('the question to a member', () => {
  const [member] = members(2)
  if (member === undefined) throw new TypeError('no member')

  it('a member gets the prompt for its own model, machine and seed, with the trace id', () => {
    expect(askOf(member, question)).toMatchObject({
      model: `peer:${agent('a')}/${digest('6')}`,
      seed: 0,
      temperature_milli: 700,
      max_tokens: 32,
      format: { type: 'schema' },
      trace_id: 'f'.repeat(32),
    })
  })

  it.each([
    ['reasoning', 'answer'],
    ['general', 'answer'],
    ['review', 'verdict'],
  ] as const)('a member is asked about %s in a form with %s alone or with a reason', (task_type, field) => {
    const { input, format } = askOf(member, { ...question, task_type })
    expect(format).toMatchObject({ type: 'schema', schema: { properties: { [field]: {} } } })
    expect(input).toMatchObject({ text: expect.stringContaining(`{"${field}"`) })
  })

  it('a member is asked for code without a form', () => {
    const code = { ...question, task_type: 'code_generation' as const }
    expect(askOf(member, code)).toMatchObject({ format: { type: 'text' }, input: question.input })
  })

  it("each member has a key derived from the question's key", () => {
    expect(askOf(member, question).key).toBeNull()
    const [one, two] = members(2)
    if (one === undefined || two === undefined) throw new TypeError('no members')
    const keyed = { ...question, key: 'k'.repeat(64) }
    const keys = [askOf(one, keyed), askOf(two, keyed), askOf(one, { ...keyed, key: 'l'.repeat(64) })].map(
      ({ key }) => key ?? '',
    )
    expect(new Set(keys).size).toBe(3)
    for (const key of keys) expect(keyField.safeParse(key).success).toBe(true)
    expect(askOf({ ...one }, { ...keyed }).key).toBe(keys[0])
    const others = [{ ask: two.ask }, { model_digest: digest('7') }, { sampling: greedy }]
    for (const other of others) expect(askOf({ ...one, ...other }, keyed).key).not.toBe(keys[0])
  })

  it('a member is asked to review in the form of a verdict, unless it continues text', () => {
    const review = { ...question, task_type: 'review' as const }
    expect(askOf(member, review)).toMatchObject({
      format: { type: 'schema' },
      input: { text: expect.stringContaining('"verdict"') },
    })
    const [provider] = chooseCloud(policy, [cloudProvider('codex')], 0, 0)
    if (provider === undefined) throw new TypeError('no provider')
    expect(askOf(provider, review)).toMatchObject({
      format: { type: 'text' },
      input: { text: expect.stringContaining('"verdict"') },
    })
    const own = { ...review, format: { type: 'json' as const } }
    expect(askOf(member, own)).toMatchObject({ format: { type: 'json' }, input: { text: 'What?' } })
    const continued = { ...review, input: { type: 'text' as const, text: 'x', template: 'none' as const } }
    expect(askOf(member, continued)).toMatchObject({ format: { type: 'text' }, input: { text: 'x' } })
  })

  it("a chat's review has the form at the user's last turn, unless tools may be called", () => {
    const said = (role: ChatMessage['role'], content: string): ChatMessage => ({
      ...{ role, content },
      ...{ tool_calls: [], tool_call_id: null },
    })
    const turns = [said('system', 'Be strict.'), said('user', 'Review.'), said('assistant', 'What?')]
    const chat = (messages: ChatMessage[], tools: Tool[] = []): Question => ({
      ...{ ...question, task_type: 'review' },
      input: { type: 'chat', messages, tools, tool_choice: 'auto' },
    })
    const contents = (one: Question, by = member) => {
      const { input, format } = askOf(by, one)
      return [format.type, ...(input.type === 'chat' ? input.messages.map(({ content }) => content) : [])]
    }
    const told = expect.stringMatching(/^x = 1\n\nAnswer with JSON only: \{"verdict"/)
    expect(contents(chat([...turns, said('user', 'x = 1')]))).toEqual([
      ...['schema', 'Be strict.', 'Review.', 'What?'],
      told,
    ])
    expect(contents(chat([said('user', 'x = 1'), said('assistant', 'It is')]))).toEqual([
      'schema',
      told,
      'It is',
    ])
    expect(contents(chat([said('system', 'x = 1')]))).toEqual(['schema', told])
    const [provider] = chooseCloud(policy, [cloudProvider('codex')], 0, 0)
    expect(contents(chat([said('user', 'x = 1')]), provider)).toEqual(['text', told])
    const tools = [{ name: 'look', description: '', parameters: {} }]
    expect(contents(chat(turns, tools))).toEqual(['text', 'Be strict.', 'Review.', 'What?'])
  })
})
