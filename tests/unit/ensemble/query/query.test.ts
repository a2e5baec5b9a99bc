import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../../host/codec/digest.ts'
import type { Route } from '../../../../host/ensemble/cards/card-for.ts'
import type { InferencePolicy } from '../../../../host/ensemble/members/policy.ts'
import type { CloudMembers } from '../../../../host/ensemble/members/types.ts'
import { type Asked, type QueryNeeds, query } from '../../../../host/ensemble/query/query.ts'
import { readRecord, recordText, sealRecord } from '../../../../host/ensemble/query/record.ts'
import { RecordStore } from '../../../../host/ensemble/query/record-store.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import { fromText } from '../../../../host/policy/audit-lines.ts'
import type { Ask, MeshModel } from '../../../../host/types/answer.ts'
import { type EnsembleRecord, ensembleRecord } from '../../../../host/types/ensemble-record.ts'
import type { ScoreCard } from '../../../../host/types/score-card.ts'
import { openStage } from '../../policy/stage.ts'
import {
  agent,
  cloudProvider,
  model,
  peer,
  policyWith,
  type Said,
  saidTo,
  standInGate,
  standInInference,
} from '../stand-in.ts'

const never = new AbortController().signal
const trace_id = 'ab'.repeat(16)
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-ensemble-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A question to five samples of one model; `say` answers by the member's seed, from 0. */
function asking(
  say: (seed: number, signal: AbortSignal) => Said | Promise<Said>,
  changes: Partial<Asked> = {},
  needs: Partial<QueryNeeds> = {},
) {
  const inference = standInInference([model('tiny', '6', 'abcde')], ({ seed }: Ask, signal) =>
    say(seed ?? 0, signal),
  )
  const gate = standInGate()
  const store = new RecordStore(folder)
  const all: QueryNeeds = {
    agent: agent('z'),
    inference,
    gate,
    peers: () => [...'abcde'].map((letter) => peer(letter)),
    canChat: ({ name }) => name !== 'base',
    cloud: null,
    keep: (record) => store.add(record),
    now: () => 1_800_000_000_000,
    ...needs,
  }
  const asked: Asked = {
    input: { type: 'text', text: 'What?', template: 'auto' },
    format: null,
    task_type: 'general',
    policy: policyWith(),
    require_consensus: true,
    max_tokens: 64,
    stop: [],
    members: null,
    seed: 0,
    trace_id,
    route: null,
    ...changes,
  }
  return { gate, inference, store, ask: (signal = never) => query(all, asked, signal) }
}

const models = () => [model('tiny', '6', 'abcde')]

const withoutDigest = ({ sha256: _digest, ...body }: EnsembleRecord) => body

const kept = (): EnsembleRecord => {
  const [name = ''] = readdirSync(folder)
  const record = readRecord(readFileSync(join(folder, name), 'utf8'))
  if (record === null) throw new TypeError('the record does not read')
  return record
}

const quick = (changes: Partial<InferencePolicy['local_tier']> = {}) =>
  policyWith(({ local_tier, cloud_tier }) => ({
    local_tier: { ...local_tier, timeout_ms: 100, ...changes },
    cloud_tier: { ...cloud_tier, timeout_ms: 100 },
  }))

describe('a question to an ensemble', () => {
  it('a query merges the agreed answer once the policy allows it, and records all', async () => {
    const { ask, gate, inference } = asking((seed) => ({
      text: seed < 3 ? `Paris${'.'.repeat(seed)}` : 'Rome',
    }))
    const record = await ask()
    expect(record).toMatchObject({
      mode: 'self_consistency',
      degraded: false,
      cloud: 'off',
      vote: { result: 'merged', agreement: 0.6, min_agreement: 0.6 },
      decision: { allow: true },
      eval_gate: 'off',
      trace_id,
    })
    expect(record.response).toMatch(/^Paris/)
    expect(record.response_digest).toBe(sha256Hex(record.response ?? ''))
    expect(record.vote.classes.map(({ votes }) => votes)).toEqual([3, 2])
    expect(record.members.map(({ response }) => response)).toEqual([
      'Paris',
      'Paris.',
      'Paris..',
      'Rome',
      'Rome',
    ])
    expect(gate.decided).toEqual([
      [
        'merge',
        record.response_digest,
        expect.objectContaining({
          task_type: 'general',
          answered: 5,
          min_parallel: 5,
          agreement: 0.6,
          eval_gate: 'off',
        }),
      ],
    ])
    expect(inference.asked.every((one) => one.trace_id === trace_id)).toBe(true)
    expect(kept()).toEqual(record)
    expect(record.ended).toBeUndefined()
  })

  it('a query without agreement merges nothing and records the disagreement', async () => {
    const { ask, gate } = asking((seed) => ({ text: `city ${seed % 3}` }))
    const record = await ask()
    expect(record).toMatchObject({
      response: null,
      decision: null,
      vote: { result: 'no_consensus', agreement: 0.4 },
    })
    expect(kept().members.map(({ response }) => response)).toEqual([
      'city 0',
      'city 1',
      'city 2',
      'city 0',
      'city 1',
    ])
    expect(gate.decided).toEqual([])
  })

  it('a query without required consensus takes the heaviest class, flagged', async () => {
    const { ask, gate } = asking((seed) => ({ text: `city ${seed % 3}` }), { require_consensus: false })
    const { vote, response } = await ask()
    expect(vote.result).toBe('flagged')
    expect(['city 0', 'city 1']).toContain(response)
    expect(gate.decided[0]?.[2]).toMatchObject({ result: 'flagged', require_consensus: false })
  })

  it('a query goes on without late members and says that it is degraded', async () => {
    const late = (seed: number): Said | Promise<Said> =>
      seed === 4 ? new Promise(() => {}) : { text: 'Paris' }
    const { ask, gate } = asking(late, { policy: quick() })
    const record = await ask()
    expect(record).toMatchObject({ degraded: true, response: 'Paris', vote: { agreement: 1 } })
    expect(record.members[4]).toMatchObject({ outcome: 'timeout' })
    expect(gate.decided[0]?.[2]).toMatchObject({ answered: 4, min_parallel: 5, degraded_allowed: true })
  })

  it('a query is refused, with a record, if nobody answers or the policy denies it', async () => {
    const silent = asking(async () => {
      throw new RippleError('RIPPLE_CONDUCTOR_DOWN')
    })
    await expect(silent.ask()).rejects.toMatchObject({
      code: 'RIPPLE_ENSEMBLE_UNANSWERED',
      facts: { members: 5, detail: 'RIPPLE_CONDUCTOR_DOWN', trace_id },
    })
    expect(kept()).toMatchObject({ response: null, decision: null })
    rmSync(folder, { recursive: true })
    const refused = asking(() => ({ text: 'Paris' }), {}, { gate: standInGate(false) })
    await expect(refused.ask()).rejects.toMatchObject({
      code: 'RIPPLE_POLICY_REFUSED',
      facts: { policy: 'merge', rule: 'merge.x', reasons: 'members_short', trace_id },
    })
    expect(kept()).toMatchObject({ response: null, response_digest: null, decision: { allow: false } })
  })

  it('a query without any online model is refused before anybody is asked', async () => {
    const nobody = asking(() => ({ text: 'a' }), {}, { peers: () => [] })
    await expect(nobody.ask()).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_NO_MEMBER' })
  })

  it('a query without places for all its members is refused as busy', async () => {
    const busy = new RippleError('RIPPLE_BUSY', { what: 'x', max: 4, retry_after_s: 5 })
    const taken: number[] = []
    const places = (count: number) => {
      taken.push(count)
      throw busy
    }
    const { ask, inference } = asking(() => ({ text: 'a' }), {}, { inference: { models, places } })
    await expect(ask()).rejects.toBe(busy)
    expect([taken, inference.asked, readdirSync(folder)]).toEqual([[5], [], []])
  })

  it.each([
    ['RIPPLE_CONTEXT_TOO_LONG', { model: 'tiny', tokens: 'more than 512', max: 512 }, 413],
    ['RIPPLE_ANSWER_REFUSED', { model: 'tiny', detail: 'this machine (policy_refuses)', id: 'x' }, 403],
    ['RIPPLE_PROMPT_FATAL', { detail: 'it was ended by SIGSEGV' }, 400],
  ] as const)(
    "a query ends with the request's fault if each member found it: %s",
    async (code, facts, http) => {
      const fault = () => {
        throw new RippleError(code, facts)
      }
      await expect(asking(fault).ask()).rejects.toMatchObject({ code, facts, http })
      const mixed = (seed: number) => {
        if (seed === 1) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
        return fault()
      }
      await expect(asking(mixed).ask()).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_UNANSWERED' })
    },
  )

  it('a query is busy if all its members are, and else unanswered', async () => {
    const late = { model: 'tiny', seconds: 60, retry_after_s: 9, id: 'x' }
    const busy = (seed: number) => {
      if (seed === 1) throw new RippleError('RIPPLE_ANSWER_EXPIRED', late)
      throw new RippleError('RIPPLE_BUSY', { what: 'the queue', max: 4, retry_after_s: 9 })
    }
    await expect(asking(busy).ask()).rejects.toMatchObject({
      code: 'RIPPLE_BUSY',
      http: 429,
      facts: { retry_after_s: limits.busy_retry_after_s },
    })
    expect(kept().members.map(({ code }) => code)).toEqual([
      'RIPPLE_BUSY',
      'RIPPLE_ANSWER_EXPIRED',
      ...Array(3).fill('RIPPLE_BUSY'),
    ])
    const crashed = (seed: number) => {
      if (seed === 0) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
      return busy(seed)
    }
    await expect(asking(crashed).ask()).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_UNANSWERED' })
  })

  it("a query reports a member's key that was used for another question", async () => {
    const other = (seed: number): Said => {
      if (seed === 3) throw new RippleError('RIPPLE_TASK_CONFLICT', { id: 'x' })
      return { text: 'Paris' }
    }
    await expect(asking(other, { key: 'a-key-of-16-bytes' }).ask()).rejects.toMatchObject({
      code: 'RIPPLE_TASK_CONFLICT',
      facts: { id: 'a-key-of-16-bytes' },
    })
  })

  it("a query's key is spent if no member's task has an answer", async () => {
    const spent =
      (answering: number) =>
      (seed: number): Said => {
        if (seed < answering) return { text: 'Paris' }
        throw new RippleError('RIPPLE_ANSWER_KEY_SPENT', { model: 'tiny', key: 'x', detail: '', see: '' })
      }
    const key = 'a-key-of-16-bytes'
    const error: RippleError = await asking(spent(0), { key })
      .ask()
      .then(
        () => expect.unreachable(),
        (thrown) => thrown,
      )
    expect(error).toMatchObject({ code: 'RIPPLE_ANSWER_KEY_SPENT', http: 409, facts: { key } })
    expect([error.message, error.hint]).toEqual([
      expect.stringContaining('of its 5 members'),
      expect.stringContaining(`moe show ${trace_id}`),
    ])
    rmSync(folder, { recursive: true })
    expect(await asking(spent(3), { key }).ask()).toMatchObject({ degraded: true, response: 'Paris' })
  })

  it.each([0, 2, 5])(
    "a query's key is spent if %i members were slow and the others' keys spent",
    async (slow) => {
      const say = (seed: number): Promise<Said> => {
        if (seed < slow) return new Promise(() => {})
        throw new RippleError('RIPPLE_ANSWER_KEY_SPENT', { model: 'tiny', key: 'x', detail: '', see: '' })
      }
      const policy = quick()
      await expect(asking(say, { key: 'a-key-of-16-bytes', policy }).ask()).rejects.toMatchObject({
        code: 'RIPPLE_ANSWER_KEY_SPENT',
        http: 409,
      })
      expect(kept().members.filter(({ outcome }) => outcome === 'timeout')).toHaveLength(slow)
    },
  )

  it("a query's key that was unused or never posted is not called spent", async () => {
    const late = () => new Promise<Said>(() => {})
    const unanswered = { code: 'RIPPLE_ENSEMBLE_UNANSWERED' }
    await expect(asking(late, { policy: quick() }).ask()).rejects.toMatchObject(unanswered)
    const refused = (seed: number): Promise<Said> => {
      if (seed > 0) return late()
      throw new RippleError('RIPPLE_POLICY_REFUSED', {
        policy: 'post',
        rule: '',
        reasons: '',
        decision: '',
        trace: '',
      })
    }
    const key = 'a-key-of-16-bytes'
    await expect(asking(refused, { key, policy: quick() }).ask()).rejects.toMatchObject(unanswered)
  })

  it('a query without room for its record fails', async () => {
    const full = { keep: async () => Promise.reject(new RippleError('RIPPLE_DISK_FULL', { path: 'x' })) }
    await expect(asking(() => ({ text: 'a' }), {}, full).ask()).rejects.toMatchObject({
      code: 'RIPPLE_DISK_FULL',
    })
  })
})

describe('an abandoned query', () => {
  const gone = new RippleError('RIPPLE_INTERRUPTED')

  it('an abandoned query records the answers so far, also paid ones, and its end', async () => {
    const leaving = new AbortController()
    const cloud: CloudMembers = {
      providers: () => [cloudProvider('codex')],
      ask: async (_provider, ask) => ({
        text: saidTo(ask, 'Paris'),
        model: 'codex',
        usage: { tokens_in: 70, tokens_out: 9 },
      }),
    }
    const say = (seed: number): Said | Promise<Said> => {
      if (seed < 2) return { text: 'Paris' }
      setTimeout(() => leaving.abort(gone), 20)
      return new Promise(() => {})
    }
    const { ask, gate } = asking(say, {}, { cloud })
    await expect(ask(leaving.signal)).rejects.toBe(gone)
    const record = kept()
    expect(record).toMatchObject({
      ended: 'RIPPLE_INTERRUPTED',
      response: null,
      decision: null,
      degraded: true,
    })
    expect(record.members.map(({ outcome, code, tokens_out }) => [outcome, code, tokens_out])).toEqual([
      ...Array(2).fill(['answered', null, 'Paris'.length]),
      ...Array(3).fill(['failed', 'RIPPLE_INTERRUPTED', 0]),
      ['answered', null, 9],
    ])
    expect(record.members.at(-1)).toMatchObject({ tier: 'cloud', response: 'Paris', tokens_in: 70 })
    expect(gate.decided).toEqual([])
  })

  it('a query that was abandoned before it asked anybody leaves no record', async () => {
    const { ask, inference } = asking(() => ({ text: 'a' }))
    await expect(ask(AbortSignal.abort(gone))).rejects.toBe(gone)
    expect([inference.asked, readdirSync(folder)]).toEqual([[], []])
  })
})

describe('a policy that asks for a score card', () => {
  const card = {} as ScoreCard
  const best = { member: null, by: 'policy' } as const
  const unproven: readonly Route[] = [
    { to: 'single', card: null, best, why: 'no score card' },
    { to: 'single', card, best, why: 'it does not win' },
  ]
  const asGate = (route: Route) => (route.card === null ? 'no_card' : 'failed')

  it.each(unproven)('a policy learns before the query that no score card supports it: %o', async (route) => {
    const { gate, audit } = await openStage()
    await using _ = gate
    const principal = { kind: 'key', name: 'bot', scopes: ['infer'] } as const
    const { ask, inference } = asking(() => ({ text: 'a' }), { route, principal }, { gate })
    await expect(ask()).rejects.toMatchObject({
      code: 'RIPPLE_ENSEMBLE_UNPROVEN',
      facts: { rule: 'merge.eval_gate_failed', reasons: 'eval_gate_failed', trace_id, detail: route.why },
    })
    expect(inference.asked).toEqual([])
    const facts = { stage: 'ask', eval_gate: asGate(route), 'principal.name': 'bot', trace_id }
    const [file = ''] = readdirSync(audit)
    const [line] = readFileSync(join(audit, file), 'utf8').trim().split('\n').map(fromText).slice(1)
    expect(line).toMatchObject({ point: 'merge', allow: false, reasons: ['eval_gate_failed'], facts })
  })

  it.each(unproven)(
    'a policy may allow a query without a card and decides again at the merge: %o',
    async (route) => {
      const { ask, gate } = asking(() => ({ text: 'a' }), { route })
      expect(await ask()).toMatchObject({ response: 'a', eval_gate: asGate(route) })
      expect(gate.decided.map(([, , facts]) => [facts.stage, facts.eval_gate])).toEqual([
        ['ask', asGate(route)],
        ['merge', asGate(route)],
      ])
    },
  )

  it('a policy learns that a score card supports the query', async () => {
    const { ask, gate } = asking(() => ({ text: 'a' }), {
      route: { to: 'ensemble', card, best, why: 'it wins' },
    })
    expect((await ask()).eval_gate).toBe('passed')
    expect(gate.decided.map(([, , facts]) => [facts.stage, facts.eval_gate])).toEqual([['merge', 'passed']])
  })
})

describe('the decision of a merge', () => {
  it.each([
    ['general', 'request'],
    ['reasoning', 'request'],
    ['code_generation', 'change_making_task'],
    ['review', 'change_making_task'],
  ] as const)('a merge is decided on with its trigger, at %s: %s', async (task_type, trigger) => {
    const { gate, audit } = await openStage()
    await using _ = gate
    const record = await asking(() => ({ text: 'approve' }), { task_type }, { gate }).ask()
    expect(record.decision).toMatchObject({ allow: true, rule: 'merge.consensus' })
    const [file = ''] = readdirSync(audit)
    expect(fromText(readFileSync(join(audit, file), 'utf8').trim().split('\n')[1] ?? '')).toMatchObject({
      facts: { trigger, trace_id, stage: 'merge' },
    })
  })
})

it("the policy's own trigger counts if the task changes something", async () => {
  const gate = standInGate()
  const policy = policyWith(() => ({ trigger: 'request' }))
  await asking(() => ({ text: 'approve' }), { task_type: 'review', policy }, { gate }).ask()
  expect(gate.decided).toEqual([
    ['merge', expect.anything(), expect.objectContaining({ trigger: 'request' })],
  ])
})

describe('too few members', () => {
  /** Five members, of which so many answer, each the same, before the policies that ship. */
  const few = async (answering: number, changes: Partial<Asked>) => {
    const { gate } = await openStage()
    await using _ = gate
    const say = (seed: number): Said => {
      if (seed < answering) return { text: 'approve' }
      throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
    }
    return await asking(say, changes, { gate }).ask()
  }
  const change = { task_type: 'review' as const, require_consensus: true }

  it.each([1, 2])('a merge fails if only %d of 5 members have answered', async (answering) => {
    await expect(few(answering, change)).rejects.toMatchObject({
      code: 'RIPPLE_POLICY_REFUSED',
      facts: { rule: 'merge.members_short', reasons: 'members_short' },
    })
    expect(kept()).toMatchObject({ response: null, degraded: true, vote: { agreement: 1 } })
  })

  it('a merge succeeds if more than half of the members have answered', async () => {
    expect(await few(3, change)).toMatchObject({ response: 'approve', degraded: true })
  })

  it('a single member answers if no consensus is required', async () => {
    expect(await few(1, { require_consensus: false })).toMatchObject({ response: 'approve', degraded: true })
  })
})

describe('a base model', () => {
  const message = { role: 'user' as const, content: 'Hi', tool_calls: [], tool_call_id: null }
  const chat: Asked['input'] = { type: 'chat', messages: [message], tools: [], tool_choice: 'none' }
  const text = (template: 'auto' | 'none'): Asked['input'] => ({ type: 'text', text: 'Hi', template })
  const both = [model('base', '5', 'ab'), model('tiny', '6', 'ab')]
  const base = [model('base', '5', 'ab')]
  /** Names of the models that are asked, of which each may be. */
  const who = async (models: readonly MeshModel[], input: Asked['input']) => {
    const inference = standInInference(models, () => ({ text: 'a' }))
    const record = await asking(() => ({ text: 'a' }), { input, members: 2 }, { inference }).ask()
    return record.members.map((member) => member.model)
  }

  it('a base model votes on a text to continue, and on no chat', async () => {
    expect(await who(both, text('none'))).toEqual(['base', 'tiny'])
    expect(await who(both, text('auto'))).toEqual(['tiny', 'tiny'])
    expect(await who(both, chat)).toEqual(['tiny', 'tiny'])
  })

  it("a base model continues a user's turn if it is alone, and no chat", async () => {
    expect(await who(base, text('auto'))).toEqual(['base', 'base'])
    await expect(who(base, chat)).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_NO_MEMBER' })
  })
})

describe('the data class of a query', () => {
  const provider = (asked: Ask[]): CloudMembers => ({
    providers: () => [cloudProvider('codex')],
    ask: async (_provider, ask) => {
      asked.push(ask)
      return { text: saidTo(ask, 'Paris'), model: 'codex', usage: { tokens_in: 0, tokens_out: 0 } }
    },
  })

  it.each([
    [undefined, 'private'],
    ['public', 'public'],
  ] as const)('each member of a query of the class %s hears %s', async (data_class, heard) => {
    const beyond: Ask[] = []
    const changes = data_class === undefined ? {} : { data_class }
    const { ask, inference } = asking(() => ({ text: 'Paris' }), changes, { cloud: provider(beyond) })
    await ask()
    expect(beyond.length).toBe(1)
    expect(new Set([...inference.asked, ...beyond].map((one) => one.data_class))).toEqual(new Set([heard]))
  })

  it('a secret query reaches this machine alone', async () => {
    const beyond: Ask[] = []
    const needs = { agent: agent('c'), cloud: provider(beyond) }
    const { ask } = asking(() => ({ text: 'Paris' }), { data_class: 'secret' }, needs)
    const { members, cloud } = await ask()
    expect(new Set(members.map(({ peer: machine }) => machine))).toEqual(new Set([agent('c')]))
    expect([beyond, cloud]).toEqual([[], 'off'])
  })
})

describe('the cloud tier', () => {
  const cloud = (...answers: (string | null)[]): CloudMembers => ({
    providers: () => [cloudProvider('claude-code'), cloudProvider('codex')].slice(0, answers.length),
    ask: async (provider, ask) => {
      const text = answers[provider === 'codex' ? 1 : 0]
      if (text == null) throw new RippleError('RIPPLE_UPSTREAM_FAILED', { provider, detail: 'unreachable' })
      return { text: saidTo(ask, text), model: 'big', usage: { tokens_in: 1, tokens_out: 1 } }
    },
  })

  it('the cloud tier votes with its own weights', async () => {
    const { ask } = asking(
      (seed) => ({ text: seed === 0 ? 'Rome' : `city ${seed}` }),
      { require_consensus: false },
      { cloud: cloud('Rome', 'Rome') },
    )
    const { cloud: state, vote, degraded, response } = await ask()
    expect({ state, degraded, response }).toEqual({ state: 'full', degraded: false, response: 'Rome' })
    expect(vote.classes[0]).toMatchObject({ weight_milli: 3_800, votes: 3 })
  })

  it('the cloud tier consists of providers that can answer the question', async () => {
    const able: CloudMembers = {
      ...cloud('Rome'),
      providers: ({ format }) => (format === null ? [cloudProvider('claude-code')] : []),
    }
    const asked = async (changes: Partial<Asked>) =>
      (await asking(() => ({ text: '{"a":1}' }), changes, { cloud: able }).ask()).members
    expect((await asked({})).filter(({ tier }) => tier === 'cloud').length).toBe(1)
    expect((await asked({ format: { type: 'json' } })).filter(({ tier }) => tier === 'cloud')).toEqual([])
  })

  it('the cloud tier does not vote if it is off', async () => {
    const { members, cloud: state } = await asking(
      () => ({ text: 'Paris' }),
      { cloud: false },
      { cloud: cloud('Rome', 'Rome') },
    ).ask()
    expect([state, members.map(({ tier }) => tier)]).toEqual(['off', Array(5).fill('local')])
  })

  it('the cloud tier may be missing if the policy falls back, and the query is degraded', async () => {
    const { ask } = asking(() => ({ text: 'Paris' }), {}, { cloud: cloud('Paris', null) })
    expect(await ask()).toMatchObject({ cloud: 'short', degraded: true, response: 'Paris' })
  })

  it.each([
    [2, true, null],
    [0, true, null],
    [2, false, 'approve'],
    [0, false, 'approve'],
    [3, true, 'approve'],
  ])(
    'a provider replaces no local member: %i answer, and consensus is required: %s',
    async (few, require_consensus, response) => {
      const { gate } = await openStage()
      await using _ = gate
      const say = (seed: number): Said => {
        if (seed < few) return { text: 'approve' }
        throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
      }
      const needs = { gate, cloud: cloud('approve', 'approve') }
      const asked = asking(say, { require_consensus }, needs).ask()
      if (response === null)
        await expect(asked).rejects.toMatchObject({ facts: { rule: 'merge.members_short' } })
      else expect(await asked).toMatchObject({ cloud: 'full', degraded: true, response })
    },
  )

  it('a provider replaces no local member under a strict policy', async () => {
    const strict = policyWith(({ cloud_tier }) => ({
      cloud_tier: { ...cloud_tier, fallback_on_timeout: false },
    }))
    const { gate } = await openStage()
    await using _ = gate
    const say = (seed: number): Said => {
      if (seed < 3) return { text: 'approve' }
      throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
    }
    const needs = { gate, cloud: cloud('approve', 'approve') }
    await expect(asking(say, { policy: strict }, needs).ask()).rejects.toMatchObject({
      facts: { rule: 'merge.members_short' },
    })
  })

  it('the cloud tier may not be missing under a strict policy', async () => {
    const strict = policyWith(({ cloud_tier }) => ({
      cloud_tier: { ...cloud_tier, fallback_on_timeout: false },
    }))
    const { ask, gate } = asking(() => ({ text: 'Paris' }), { policy: strict }, { cloud: cloud(null, null) })
    await expect(ask()).rejects.toMatchObject({
      code: 'RIPPLE_ENSEMBLE_CLOUD',
      facts: { answered: 0, needed: 2 },
    })
    expect(kept().response).toBeNull()
    expect(gate.decided).toEqual([])
  })
})

describe('the record', () => {
  const audited = (log_all_responses: boolean, store_disagreements: boolean) =>
    policyWith(({ audit }) => ({ audit: { ...audit, log_all_responses, store_disagreements } }))

  it.each([
    [true, false, 5, 5],
    [false, true, 0, 5],
    [false, false, 0, 0],
  ])(
    'the record with all logged %s and disagreements stored %s has %i and %i answers',
    async (all, some, agreed, split) => {
      const texts = async (say: (seed: number) => Said) => {
        rmSync(folder, { recursive: true, force: true })
        await asking(say, { policy: audited(all, some) }).ask()
        return kept().members.filter(({ response }) => response !== null).length
      }
      expect(await texts(() => ({ text: 'a' }))).toBe(agreed)
      expect(await texts((seed) => ({ text: seed === 0 ? 'b' : 'a' }))).toBe(split)
    },
  )

  it('a query sends no trace id if the policy does not propagate it', async () => {
    const policy = policyWith(({ audit }) => ({ audit: { ...audit, trace_id_propagation: false } }))
    const { ask, inference } = asking(() => ({ text: 'a' }), { policy })
    await ask()
    expect(inference.asked.map((one) => one.trace_id)).toEqual(Array(5).fill(null))
  })

  it('a record with a changed byte is not read', async () => {
    const record = await asking(() => ({ text: 'Paris' })).ask()
    expect(ensembleRecord.parse(record)).toEqual(record)
    const text = recordText(record)
    expect(readRecord(text)).toEqual(record)
    expect(readRecord(text.replace('Paris', 'Peris'))).toBeNull()
    expect(readRecord('{}')).toBeNull()
  })

  it('a record is found by a prefix of its trace id and is never written twice', async () => {
    const { ask, store } = asking(() => ({ text: 'a' }))
    const record = await ask()
    expect(await store.find(trace_id)).toEqual(record)
    expect(await store.find('abab')).toEqual(record)
    const again = sealRecord({ ...withoutDigest(record), at: record.at + 1 })
    await store.add(again)
    expect((await store.find('abab')).at).toBe(record.at + 1)
    await store.add(sealRecord({ ...withoutDigest(record), trace_id: 'ab:cd' }))
    expect((await store.find('ab:')).trace_id).toBe('ab:cd')
    await expect(store.find('ab')).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_UNKNOWN' })
    await expect(store.find('cd')).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_UNKNOWN' })
    await expect(store.add(record)).rejects.toMatchObject({ code: 'EEXIST' })
  })

  it('old records give way to newer ones by number and by bytes', async () => {
    const record = await asking(() => ({ text: 'a' })).ask()
    const bytes = recordText(record).length
    const many = async (room: { records_max: number; bytes_max: number }) => {
      rmSync(folder, { recursive: true, force: true })
      const store = new RecordStore(folder, room)
      for (const at of [5, 3, 4, 9]) await store.add({ ...record, at, trace_id: String(at).repeat(32) })
      return readdirSync(folder).map((name) => Number(name.slice(0, 15)))
    }
    expect(await many({ records_max: 2, bytes_max: 1e9 })).toEqual([5, 9])
    expect(await many({ records_max: 99, bytes_max: 2.5 * bytes })).toEqual([5, 9])
    expect(await many({ records_max: 99, bytes_max: 1 })).toEqual([9])
  })

  it('the record store counts what an earlier start has stored', async () => {
    const record = await asking(() => ({ text: 'a' })).ask()
    rmSync(folder, { recursive: true, force: true })
    const room = { records_max: 2, bytes_max: 1e9 }
    const add = (store: RecordStore, at: number) =>
      store.add({ ...record, at, trace_id: String(at).repeat(32) })
    const kept = () => readdirSync(folder).map((name) => Number(name.slice(0, 15)))
    for (const at of [1, 2]) await add(new RecordStore(folder, room), at)
    const store = new RecordStore(folder, room)
    await add(store, 3)
    expect(kept()).toEqual([2, 3])
    // A file that somebody adds later is not looked at before the next start.
    const [name = ''] = readdirSync(folder)
    writeFileSync(join(folder, name.replace(/^\d{15}/, '0'.repeat(15))), '')
    await add(store, 4)
    expect(kept()).toEqual([0, 3, 4])
  })

  it('the record store leaves foreign files alone', async () => {
    writeFileSync(join(folder, 'note.txt'), 'mine')
    utimesSync(join(folder, 'note.txt'), 1, 1)
    const store = new RecordStore(folder, { records_max: 1, bytes_max: 1 })
    const record = await asking(() => ({ text: 'a' })).ask()
    await store.add({ ...record, trace_id: 'c'.repeat(32) })
    expect(readdirSync(folder)).toContain('note.txt')
  })
})
