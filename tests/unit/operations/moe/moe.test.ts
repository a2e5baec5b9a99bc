import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataPaths } from '../../../../host/config/paths.ts'
import { verifyCardFile } from '../../../../host/daemon/command/verify-card.ts'
import { openDaemonEnsemble } from '../../../../host/daemon/compose/open-ensemble.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { Context } from '../../../../host/operations/context.ts'
import type { Local } from '../../../../host/operations/local.ts'
import { daemonOperations, localOperations } from '../../../../host/operations/registry.ts'
import type { Emit } from '../../../../host/telemetry/events.ts'
import type { Ask } from '../../../../host/types/answer.ts'
import type { SignedCard } from '../../../../host/types/score-card.ts'
import { systemRandom } from '../../../../host/work/context/clock.ts'
import { stubContext } from '../../api/stub-context.ts'
import {
  agent,
  cloudProvider,
  digest,
  model,
  peer,
  type Said,
  saidTo,
  standInGate,
  standInInference,
} from '../../ensemble/stand-in.ts'
import { call, callLocal, exit, render } from '../calls.ts'

const never = new AbortController().signal
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-moe-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The ensemble as a daemon opens it, over a stand-in for the models. */
async function opened(say: (ask: Ask) => Said, changes: { network?: string; agent?: string } = {}) {
  const told: string[] = []
  const warned: unknown[] = []
  const emit: Emit = (event) => {
    if (event.type === 'task_note') told.push(`${event.task_key}: ${event.text}`)
    if (event.type === 'policy_warned') warned.push(event.detail)
  }
  const gate = standInGate()
  const inference = standInInference([model('tiny', '6', 'ab')], say)
  const ensemble = await openDaemonEnsemble({
    agent: agent('z'),
    paths: { ...dataPaths(folder) },
    inference,
    gate,
    models: { present: () => [] },
    cloud: {
      providers: () => [cloudProvider('codex')],
      ask: async (_provider, ask) => ({
        text: saidTo(ask, 'Rome'),
        model: 'codex',
        usage: { tokens_in: 1, tokens_out: 1 },
      }),
    },
    network: 'local',
    peers: () => [peer('a'), peer('b')].map((one) => ({ ...one, seenAt: 1_000 })),
    clock: { now: () => 1_000, sleep: async () => {} },
    random: systemRandom,
    emit,
    ...changes,
  })
  return { context: stubContext({ ensemble }), told, warned, gate, asked: inference.asked }
}

const ask = { prompt: 'Capital of France?', task_type: 'general' }
type Answer = { response: string; consensus_score: number; model_votes: object[]; trace_id: string }

describe('inference.moe_query', () => {
  it('an ensemble query answers in the words of the wire and stores its record', async () => {
    const { context, warned } = await opened(({ seed }) => ({
      text: (seed ?? 0) % 5 === 0 ? 'Rome' : 'Paris',
    }))
    const answer = (await call('inference.moe_query', context, ask, never)) as Answer
    expect(answer).toEqual({
      response: 'Paris',
      consensus_score: 0.8,
      model_votes: Array(5).fill({
        model: 'tiny',
        response_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        weight: 1,
        latency_ms: expect.any(Number),
      }),
      usage: { tokens_in: expect.any(Number), tokens_out: expect.any(Number) },
      trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(exit('inference.moe_query', answer)).toBe(0)
    expect(render('inference.moe_query', answer).lines).toEqual(['Paris'])
    const record = await call('moe.show', context, { id: answer.trace_id.slice(0, 8) }, never)
    expect(record).toMatchObject({ trace_id: answer.trace_id, mode: 'self_consistency', cloud: 'off' })
    expect(render('moe.show', record).lines.join('\n')).toContain('samples of one model')
    expect(readdirSync(join(folder, 'ensemble', 'records'))).toHaveLength(1)
    expect(warned).toHaveLength(2)
  })

  it('an ensemble query without a merged answer is empty and exits with 1', async () => {
    const { context } = await opened(({ seed }) => ({ text: `city ${(seed ?? 0) % 5}` }))
    const answer = (await call('inference.moe_query', context, ask, never)) as Answer
    expect(answer).toMatchObject({ response: '', consensus_score: 0.2 })
    expect(answer.model_votes).toHaveLength(5)
    expect(exit('inference.moe_query', answer)).toBe(1)
    expect(render('inference.moe_query', answer)).toMatchObject({
      lines: [],
      notes: expect.arrayContaining([expect.stringContaining('no consensus')]),
    })
    const any = (await call(
      'inference.moe_query',
      context,
      { ...ask, require_consensus: false },
      never,
    )) as Answer
    expect(any.response).toMatch(/^city \d$/)
  })

  it('an aborted ensemble query records why it ended', async () => {
    const leaving = new AbortController()
    const { context } = await opened(() => {
      leaving.abort(new RippleError('RIPPLE_INTERRUPTED'))
      return { text: 'Rome' }
    })
    await expect(call('inference.moe_query', context, ask, leaving.signal)).rejects.toMatchObject({
      code: 'RIPPLE_INTERRUPTED',
    })
    const [file = ''] = readdirSync(join(folder, 'ensemble', 'records'))
    const id = /-([0-9a-f-]{36})\./.exec(file)?.[1]
    const record = await call('moe.show', context, { id }, never)
    expect(render('moe.show', record).lines).toContain(
      'ended    before anything was merged: RIPPLE_INTERRUPTED',
    )
  })

  it('an ensemble query asks providers on every network but `local`', async () => {
    const { context } = await opened(() => ({ text: 'Rome' }), { network: 'testnet' })
    const { model_votes } = (await call('inference.moe_query', context, ask, never)) as Answer
    expect(model_votes.at(-1)).toMatchObject({ model: 'codex', weight: 1.3 })
  })

  it('a secret ensemble query asks this machine alone and no provider', async () => {
    const { context, asked } = await opened(() => ({ text: 'Rome' }), {
      network: 'testnet',
      agent: agent('b'),
    })
    const { model_votes } = (await call(
      'inference.moe_query',
      context,
      { ...ask, data_class: 'secret' },
      never,
    )) as Answer
    expect(model_votes).toEqual(Array(5).fill(expect.objectContaining({ model: 'tiny' })))
    for (const { model: name, data_class } of asked)
      expect([name, data_class]).toEqual([`peer:${agent('b')}/${digest('6')}`, 'secret'])
    await call('inference.moe_query', context, ask, never)
    expect(asked.at(-1)?.data_class).toBe('private')
  })

  it('an ensemble query passes its key and trace on, and the same key asks the same', async () => {
    const { context, asked } = await opened(() => ({ text: 'Rome' }))
    const given = { ...ask, key: 'a-key-of-16-bytes', trace_id: 'trace:1' }
    const keys = async (input: object) => {
      const from = asked.length
      const { trace_id } = (await call('inference.moe_query', context, input, never)) as Answer
      const some = asked.slice(from)
      return { trace_id, keys: some.map(({ key }) => key), seeds: some.map(({ seed }) => seed) }
    }
    const first = await keys(given)
    expect(first).toMatchObject({ trace_id: 'trace:1', keys: expect.arrayContaining([expect.any(String)]) })
    expect(new Set(first.keys).size).toBe(5)
    expect(await keys({ ...given, trace_id: 'trace:2' })).toEqual({ ...first, trace_id: 'trace:2' })
    expect((await keys(ask)).keys).toEqual(Array(5).fill(null))
  })

  it.each([
    ['code_generation', 'change_making_task'],
    ['review', 'change_making_task'],
    ['reasoning', 'request'],
    ['general', 'request'],
  ])('an ensemble query of type %s is decided on as a %s', async (task_type, trigger) => {
    const { context, gate } = await opened(() => ({ text: 'approve' }))
    await call('inference.moe_query', context, { ...ask, task_type }, never)
    expect(gate.decided).toEqual([['merge', expect.anything(), expect.objectContaining({ trigger })]])
  })

  it.each([
    [{ prompt: 'x' }, 'task_type'],
    [{ ...ask, task_type: 'poem' }, 'task_type'],
    [{ ...ask, prompt: ' ' }, 'empty'],
    [{ ...ask, seed: 1 }, 'seed'],
    [{ ...ask, key: 'short' }, 'key'],
    [{ ...ask, trace_id: ' ' }, 'trace'],
    [{ ...ask, data_class: 'hidden' }, 'data class'],
    [{ ...ask, max_tokens: 5_000 }, 'max_tokens'],
  ])('an ensemble query refuses %j', async (input, detail) => {
    const { context } = await opened(() => ({ text: 'a' }))
    await expect(call('inference.moe_query', context, input, never)).rejects.toThrow(detail)
  })

  it('an ensemble query finds policies by their name', async () => {
    const { context } = await opened(() => ({ text: 'a' }))
    await expect(
      call('inference.moe_query', context, { ...ask, policy_override: 'other' }, never),
    ).rejects.toMatchObject({
      code: 'RIPPLE_ENSEMBLE_POLICY_UNKNOWN',
    })
    const named = (await call(
      'inference.moe_query',
      context,
      { ...ask, policy_override: 'ripple-moe' },
      never,
    )) as Answer
    expect(named.response).toBe('a')
  })

  it('each example contains the words of its command', () => {
    const all = [...daemonOperations, ...localOperations].filter(({ name }) => /\bmoe[._]/.test(name))
    expect(all).toHaveLength(6)
    for (const operation of all)
      for (const example of operation.examples)
        expect(example).toContain(`ripple ${operation.command(operation.name)}`)
  })
})

describe('moe.eval', () => {
  const set = () => {
    const file = join(folder, 'sums.jsonl')
    const items = [1, 2, 3].map((at) => ({
      id: `s${at}`,
      task_type: 'reasoning',
      prompt: `${at}+1=`,
      answers: [String(at + 1)],
    }))
    writeFileSync(file, items.map((item) => JSON.stringify(item)).join('\n'))
    return file
  }
  /** Right when it is greedy, wrong when it is sampled. */
  const say = ({ input, temperature_milli }: Ask): Said => ({
    text:
      temperature_milli > 0 ? '0' : String(Number.parseInt(input.type === 'text' ? input.text : '', 10) + 1),
  })

  it('`moe eval` measures, reports progress and leaves a card that verifies and decides', async () => {
    const { context, told } = await opened(say)
    const measured = (await call('moe.eval', context, { set: set(), id: 'a'.repeat(16) }, never)) as {
      file: string
    }
    expect(told.at(-1)).toBe(`${'a'.repeat(16)}: 6/6 s3 baseline right`)
    const text = render('moe.eval', measured).lines.join('\n')
    expect(text).toContain('0/0/3')
    expect(text).toContain('-100.0 to -100.0')
    const online = { named: true, detail: 'yes' }
    const verdict = await verifyCardFile(measured.file, async () => online)
    expect(verdict).toMatchObject({
      verified: true,
      online,
      card: { agent: agent('z'), set: { name: 'sums' } },
    })
    expect(await call('moe.routes', context, {}, never)).toMatchObject({
      routes: [
        { task_type: 'code_generation', form: 'chat', why: expect.stringContaining('no score card') },
        { task_type: 'code_generation', form: 'text', why: expect.stringContaining('no score card') },
        { task_type: 'reasoning', form: 'chat', to: 'single', why: expect.stringContaining('does not win') },
        { task_type: 'reasoning', form: 'text', to: 'single', why: expect.stringContaining('no score card') },
        ...['general', 'review'].flatMap((task_type) =>
          ['chat', 'text'].map((form) => ({ task_type, form, to: 'single' })),
        ),
      ],
    })
  })

  it('`moe eval` asks a whole set in the named form and records it on the card', async () => {
    const templates: unknown[] = []
    const { context } = await opened((ask) => {
      templates.push(ask.input.type === 'text' ? ask.input.template : ask.input.type)
      return say(ask)
    })
    const input = { set: set() }
    const measured = async (form: string | null) => {
      const from = templates.length
      const { card } = (await call('moe.eval', context, { ...input, form }, never)) as SignedCard
      return [card.scores.reasoning?.form, [...new Set(templates.slice(from))]]
    }
    expect(await measured('text')).toEqual(['none', ['none']])
    expect(await measured('chat')).toEqual(['auto', ['auto']])
    expect(await measured(null)).toEqual(['auto', ['auto']])
    const { routes } = (await call('moe.routes', context, {}, never)) as { routes: { why: string }[] }
    expect(routes.filter(({ why }) => why.includes('does not win')).map(({ why }) => why)).toEqual([
      expect.stringContaining("at 'reasoning' in chats"),
      expect.stringContaining("at 'reasoning' in continued text"),
    ])
    await expect(measured('poem')).rejects.toThrow('form')
  })

  it('`moe eval` runs one evaluation at a time', async () => {
    const { context } = await opened(say)
    const first = call('moe.eval', context, { set: set() }, never)
    await expect(call('moe.eval', context, { set: set() }, never)).rejects.toMatchObject({
      code: 'RIPPLE_EVAL_RUNNING',
    })
    await first
    await expect(call('moe.eval', context, { set: set(), seed: 2 }, never)).resolves.toBeDefined()
  })

  it('`moe eval` reports progress under its own key', () => {
    const input = { id: 'b'.repeat(16) }
    const { progress, waits } =
      daemonOperations.find(({ name }) => name === 'moe.eval') ?? expect.unreachable()
    expect([progress, waits(input)]).toEqual(['id', true])
  })
})

describe('moe card verify', () => {
  it('`moe card verify` says what is shown and what not, and its exit follows', async () => {
    const { context } = await opened(() => ({ text: '2' }))
    const file = join(folder, 'one.jsonl')
    writeFileSync(file, '{"id":"a","task_type":"reasoning","prompt":"1+1=","answers":["2"]}')
    const { file: card } = await context.ensemble.evaluate(
      { file, policy: null, form: null, members: 2, seed: 1, id: 'x' },
      never,
    )
    const answers = { named: false, detail: 'another key' }
    const local = {
      verifyCard: (path: string, online: boolean) =>
        verifyCardFile(path, online ? async () => answers : null),
    } as Partial<Local> as Local
    const offline = await callLocal('moe.card_verify', local, { file: card }, never)
    expect([exit('moe.card_verify', offline), render('moe.card_verify', offline).lines.length > 10]).toEqual([
      0,
      true,
    ])
    const online = await callLocal('moe.card_verify', local, { file: card, online: true }, never)
    expect(exit('moe.card_verify', online)).toBe(1)
    await expect(callLocal('moe.card_verify', local, { file }, never)).rejects.toMatchObject({
      code: 'RIPPLE_SCORE_CARD_INVALID',
    })
    await expect(callLocal('moe.card_verify', local, { file: `${file}x` }, never)).rejects.toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
    })
    await expect(callLocal('moe.card_verify', local, { file: '/dev/zero' }, never)).rejects.toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
    })
  })

  it("`moe card key` uses the key that the agent's own card signed", async () => {
    const key = 'c'.repeat(64)
    const known = { ...peer('a'), card: { ...peer('a').card, peer: { public_key: key, signature: '' } } }
    const context = { peers: async () => [known] } as Partial<Context> as Context
    const named = async (input: object) =>
      (await call('moe.card_key', context, input, never)) as { named: boolean }
    expect((await named({ agent: agent('a'), public_key: key })).named).toBe(true)
    expect((await named({ agent: agent('a'), public_key: 'd'.repeat(64) })).named).toBe(false)
    expect((await named({ agent: agent('b'), public_key: key })).named).toBe(false)
  })
})
