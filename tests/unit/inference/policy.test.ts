import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { policySection } from '../../../host/config/policy.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { KnownModel } from '../../../host/inference/names.ts'
import { limits } from '../../../host/limits.ts'
import { fromText } from '../../../host/policy/audit-lines.ts'
import { type DataClass, dataClasses } from '../../../host/types/data-class.ts'
import type { Gate } from '../../../host/types/decision.ts'
import type { Json } from '../../../host/types/json.ts'
import { textOf } from '../../../host/types/text/utf8.ts'
import type { TaskSpec } from '../../../host/work/poster/task-spec.ts'
import type { Work } from '../../../host/work/work.ts'
import { forever } from '../../harness/forever.ts'
import { modelDigest } from '../../harness/sim/card.ts'
import { openStage } from '../policy/stage.ts'
import { play, request as postRequest, stage } from '../work/stage.ts'
import { asked, digest, onlyMachine, plane, unusedPart } from './stage.ts'

const ownerDefaults = policySection.parse({})

/** Nothing is posted and nothing else is in hand. */
const idle = Object.assign(unusedPart<Work>(), { heldGrants: () => 0 })

/** Decisions of the audit file. */
function decisionsIn(folder: string) {
  const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return text
    .flatMap((file) => file.trim().split('\n'))
    .map(fromText)
    .filter((line) => line?.type === 'decision')
}

/** The plane of a machine that posts nothing, behind the shipped policies and these settings of its owner. */
async function alone(settings: Partial<typeof ownerDefaults> = {}) {
  const { gate, shipped, audit } = await openStage({ owner: { ...ownerDefaults, ...settings } })
  const policy = sha256Hex(readFileSync(join(shipped, 'policies/run.wasm')))
  const inference = plane({ gate, self: 'self', post: false, work: idle })
  return { gate, inference, policy, decisions: () => decisionsIn(audit) }
}

test('an answer without a task is a run to the policy, audited under its trace', async () => {
  const { gate, inference, policy, decisions } = await alone()
  await using _ = gate
  const answer = await inference.ask(asked, forever)
  expect((await answer.end).route).toBe('local')
  expect(decisions()).toEqual([
    expect.objectContaining({
      ...{ point: 'run', subject: answer.id, allow: true, rule: 'run.allow' },
      policy: { name: 'run', digest: policy, origin: 'shipped' },
      facts: expect.objectContaining({ stage: 'run', own: true, trace_id: 'the-trace', max_tokens: 4 }),
    }),
  ])
  expect(JSON.stringify(decisions())).not.toContain('hunter2')
})

test.each([
  [{ deny_models: ['tiny'] }, 'model_denied'],
  [{ deny_models: [digest] }, 'model_denied'],
  [{ allow_models: ['another'] }, 'model_not_allowed'],
  [{ max_tokens: 3 }, 'tokens_over_cap'],
])('an ask that the owner denies with %o is not answered here either', async (settings, reason) => {
  const { gate, inference, policy, decisions } = await alone(settings)
  await using _ = gate
  await expect(inference.ask(asked, forever)).rejects.toMatchObject({
    code: 'RIPPLE_POLICY_REFUSED',
    facts: { policy: 'run', rule: `run.${reason}`, reasons: reason, digest: policy, trace_id: 'the-trace' },
  })
  expect(decisions()).toEqual([expect.objectContaining({ allow: false, reasons: [reason] })])
})

test("a stored answer is decided on again, under the new asker's trace", async () => {
  const { gate, inference, decisions } = await alone()
  await using _ = gate
  await (await inference.ask(asked, forever)).end
  const again = await inference.ask({ ...asked, trace_id: 'another-trace' }, forever)
  expect((await again.end).route).toBe('cache')
  expect(decisions().map((line) => line?.type === 'decision' && line.facts.trace_id)).toEqual([
    'the-trace',
    'another-trace',
  ])
  expect(inference.cacheFigures()).toEqual({ entries: 1, hits: 1, misses: 1 })
})

test('the audit file has the principal of an answer without a task', async () => {
  const { gate, inference, decisions } = await alone()
  await using _ = gate
  const principal = { kind: 'key', name: 'bot', scopes: ['infer'] } as const
  await (await inference.ask({ ...asked, principal }, forever)).end
  const again = await inference.ask(asked, forever)
  // Answers are cached for all principals.
  expect((await again.end).route).toBe('cache')
  const found = decisions().map((line) => line?.type === 'decision' && line.facts)
  expect(found[0]).toMatchObject({ 'principal.kind': 'key', 'principal.name': 'bot' })
  expect(found[1]).not.toHaveProperty(['principal.name'])
})

test('the audit has the data class of an answer without a task', async () => {
  const { gate, inference, decisions } = await alone()
  await using _ = gate
  await (await inference.ask(asked, forever)).end
  await (await inference.ask({ ...asked, data_class: 'secret' }, forever)).end
  expect(decisions().map((line) => line?.type === 'decision' && line.facts.data_class)).toEqual([
    'private',
    'secret',
  ])
})

test('a refused ask leaves its place to others', async () => {
  const { gate, inference } = await alone({ deny_models: ['tiny'] })
  await using _ = gate
  for (let n = 0; n <= limits.asks_max; n += 1)
    await expect(inference.ask(asked, forever)).rejects.toMatchObject({ code: 'RIPPLE_POLICY_REFUSED' })
})

describe('a secret ask', () => {
  /** The plane of a machine that posts, where the model is on these machines; with what its policy was told of each post. */
  async function posting(where: readonly string[]) {
    const { gate } = await openStage({ owner: ownerDefaults })
    const told: TaskSpec[] = []
    const post = async (request: TaskSpec) => {
      told.push(request)
      throw new RippleError('RIPPLE_BUSY', { what: 'this test', max: 0, retry_after_s: 1 })
    }
    const at = where.map((agent) => ({ agent, name: agent, loaded: false }))
    const seen: (readonly KnownModel[])[] = []
    const inference = plane({
      ...{ gate, self: 'self', work: Object.assign(unusedPart<Work>(), { post }) },
      known: () => [{ name: 'tiny', digest, context_tokens: 4_096, at }],
      auto: async (_ask, known) => {
        seen.push(known)
        throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'ripple/auto', nearest: '' })
      },
    })
    const ask = (data_class: DataClass, model = 'tiny') =>
      inference.ask({ ...asked, model, data_class }, forever).catch(() => null)
    return { ask, told, seen, [Symbol.asyncDispose]: () => gate[Symbol.asyncDispose]() }
  }

  test('a secret ask is posted for this machine alone, and others for any', async () => {
    await using machine = await posting(['other', 'self'])
    for (const data_class of dataClasses) await machine.ask(data_class)
    expect(machine.told.map(({ only, data_class }) => [data_class, only])).toEqual([
      ['public', null],
      ['internal', null],
      ['private', null],
      ['secret', 'self'],
    ])
  })

  test('a secret ask names no other machine and is refused if only others have the model', async () => {
    await using machine = await posting(['other'])
    await machine.ask('secret')
    await machine.ask('secret', 'peer:other/tiny')
    expect(machine.told.map(({ only }) => only)).toEqual([null, 'other'])
  })

  test("a secret ask is routed among this machine's models", async () => {
    await using machine = await posting(['other'])
    await machine.ask('private', 'ripple/auto')
    await machine.ask('secret', 'ripple/auto')
    expect(machine.seen.map((known) => known.length)).toEqual([1, 0])
  })
})

test.each([
  ['secret', { only: null }, ['secret_leaves']],
  ['secret', { only: 'other' }, ['secret_leaves']],
  ['secret', { only: 'self' }, []],
  ['private', { only: 'other' }, []],
] as const)('the shipped policy judges a %s post with %o by its facts', async (data_class, { only }, no) => {
  const world = stage(1)
  const daemon = onlyMachine(world)
  const { machine } = daemon
  const { gate } = await openStage({ owner: ownerDefaults })
  await using _ = gate
  const told: { readonly [name: string]: Json }[] = []
  const decide: Gate['decide'] = (point, _subject, facts) => {
    told.push(facts)
    return gate.dryRun(point, facts)
  }
  Object.assign(machine.gate, { decide })
  const request = { ...postRequest({ data_class }), only: only === 'self' ? machine.agent : only }
  const work = await play(world, daemon.up())
  const posted = work.mayPost(request)
  if (no.length === 0) await posted
  else
    await expect(posted).rejects.toMatchObject({ code: 'RIPPLE_POLICY_REFUSED', facts: { reasons: no[0] } })
  expect(told).toEqual([expect.objectContaining({ data_class, only_self: only === 'self' })])
})

test("a stored answer is decided on as a post with the task's own facts", async () => {
  const world = stage(1)
  const daemon = onlyMachine(world)
  const { machine } = daemon
  const told: { point: string; facts: { readonly [name: string]: Json } }[] = []
  let denies = false
  const allowing = machine.gate.decide.bind(machine.gate)
  const decide: Gate['decide'] = async (point, subject, facts) => {
    told.push({ point, facts })
    const decision = await allowing(point, subject, facts)
    return denies
      ? { ...decision, allow: false, rule: 'post.model_denied', reasons: ['model_denied'] }
      : decision
  }
  Object.assign(machine.gate, { decide })
  const work = await play(world, daemon.up())
  const at = [{ agent: machine.agent, name: 'one', loaded: true }]
  const inference = plane({
    ...{ gate: machine.gate, self: machine.agent, work },
    known: () => [{ name: 'sim', digest: modelDigest, context_tokens: 4_096, at }],
    answerOf: async ({ task }, signal) => {
      const { output } = (await work.secrets(task, signal)) ?? {}
      return { text: output ? textOf(output) : null, receipt: null }
    },
  })
  const ask = async (trace_id: string) => {
    const answer = await play(world, inference.ask({ ...asked, model: 'sim', trace_id }, forever))
    return play(world, answer.end)
  }
  expect((await ask('first')).route).toBe('local')
  expect((await ask('second')).route).toBe('cache')
  const [first, second] = told.filter(({ point }) => point === 'post').map(({ facts }) => facts)
  expect(second).toEqual({ ...first, trace_id: 'second' })
  denies = true
  await expect(ask('third')).rejects.toMatchObject({
    code: 'RIPPLE_POLICY_REFUSED',
    facts: { rule: 'post.model_denied', trace_id: 'third' },
  })
  expect(inference.cacheFigures()).toMatchObject({ entries: 1 })
  // The shipped policy allows this request.
  const { gate } = await openStage({ owner: ownerDefaults })
  await using _ = gate
  expect((await gate.dryRun('post', first ?? {})).reasons).toEqual([])
})
