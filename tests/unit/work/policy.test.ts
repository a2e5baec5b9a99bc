import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { isResult } from '../../../host/mesh/state/chain.ts'
import type { Decision, DecisionPoint, Gate } from '../../../host/types/decision.ts'
import type { Json } from '../../../host/types/json.ts'
import { RefusedTasks } from '../../../host/work/context/refused-tasks.ts'
import { forever } from '../../harness/forever.ts'
import { pass, play, request, stage } from './stage.ts'

type Facts = { readonly [name: string]: Json }

/** Has a machine's gate refuse what this says, and tells what it was asked. */
function gateOf(gate: Gate, refuses: (point: DecisionPoint, facts: Facts) => string | null) {
  const asked: { point: DecisionPoint; subject: string; facts: Facts }[] = []
  const allowing = gate.decide.bind(gate)
  const decide: Gate['decide'] = async (point, subject, facts) => {
    asked.push({ point, subject, facts })
    const rule = refuses(point, facts)
    const decision = await allowing(point, subject, facts)
    return rule === null ? decision : { ...decision, allow: false, rule, reasons: [rule.split('.')[1] ?? ''] }
  }
  Object.assign(gate, { decide })
  return asked
}

/** A poster and one other machine, both up. */
async function pair(prompt = 'Say something.') {
  const world = stage(2)
  const [poster, worker] = world.daemons
  if (!poster || !worker) throw new RangeError('too few machines')
  const work = await play(world, poster.up())
  await play(world, worker.up())
  const post = (wanted: Parameters<typeof request>[0] = {}) =>
    play(world, work.post(request({ prompt, ...wanted }), forever))
  return { world, poster, worker, work, post }
}

const digestOf = async (gate: Gate, point: DecisionPoint) => (await gate.decide(point, '', {})).policy.digest

test('a refused post is decided before anything is written, and its key stays free', async () => {
  const { poster, work, post } = await pair()
  let denies = true
  const asked = gateOf(poster.machine.gate, (point) =>
    point === 'post' && denies ? 'post.model_denied' : null,
  )
  const key = 'a key of sixteen bytes'
  await expect(post({ key })).rejects.toMatchObject({
    code: 'RIPPLE_POLICY_REFUSED',
    facts: { policy: 'post', rule: 'post.model_denied', reasons: 'model_denied' },
  })
  expect(work.list()).toEqual([])
  expect(await poster.machine.journal.entries('payloads')).toEqual([])
  denies = false
  expect((await post({ key })).id).toBe(key)
  const facts = { class: 'inference', sensitivity: 'private', fallback: 'none', open_tasks: 0, redundancy: 1 }
  expect(asked[1]).toMatchObject({ point: 'post', subject: key, facts: { ...facts, model: { name: 'sim' } } })
})

test('a repeated post is not decided again', async () => {
  const { poster, post } = await pair()
  const asked = gateOf(poster.machine.gate, () => null)
  const key = 'a key of sixteen bytes'
  await post({ key })
  await post({ key })
  expect(asked.filter(({ point }) => point === 'post')).toHaveLength(1)
})

test('no decision sees the prompt', async () => {
  const { world, poster, worker, work, post } = await pair('my password is hunter2')
  const asked = [poster, worker].map(({ machine }) => gateOf(machine.gate, () => null))
  const { task } = await post()
  await play(world, work.wait(task, forever))
  expect(asked.flat().map(({ point }) => point)).toEqual(['post', 'run', 'run'])
  expect(JSON.stringify(asked)).not.toContain('hunter2')
})

test('the gate decides at the claim and before the run, and the result names the policy', async () => {
  const { world, worker, work, post } = await pair()
  const asked = gateOf(worker.machine.gate, () => null)
  const { task } = await post()
  expect((await play(world, work.wait(task, forever))).state).toBe('accepted')
  const [claim, run] = asked
  expect(claim).toMatchObject({ point: 'run', subject: task, facts: { stage: 'claim', own: false, held: 0 } })
  expect(Object.keys(claim?.facts ?? {})).not.toContain('max_tokens')
  expect(run).toMatchObject({
    facts: { stage: 'run', input_type: 'text', max_tokens: 8, context_tokens: 512, tools: 0 },
  })
  const results = [...world.network.chains().values()].flat().filter(isResult)
  expect(results.map(({ entry }) => entry.policy_hash)).toEqual([await digestOf(worker.machine.gate, 'run')])
})

test('a worker refuses a denied claim with its policy and does not decide it again', async () => {
  const { world, worker, work, post } = await pair()
  const asked = gateOf(worker.machine.gate, (_point, { stage }) =>
    stage === 'claim' ? 'run.poster_denied' : null,
  )
  const { task } = await post({ deadlines_ms: { queue: 60_000, run: 60_000, total: 300_000 } })
  await pass(world, 4_000)
  const said = async () =>
    (await work.why(task)).peers.find(({ agent }) => agent === worker.machine.agent)?.answered
  expect(await said()).toMatchObject({
    code: 'policy_refuses',
    policy_hash: await digestOf(worker.machine.gate, 'run'),
  })
  // The poster runs it itself once everybody else's policy has refused it.
  expect((await play(world, work.wait(task, forever))).state).toBe('accepted')
  expect(asked.filter(({ facts }) => facts.stage === 'claim')).toHaveLength(1)
})

test("a task that all machines' policies refuse fails at once and names each", async () => {
  const { world, poster, worker, work, post } = await pair()
  const asked = [poster, worker].map(({ machine }) =>
    gateOf(machine.gate, (point) => (point === 'run' ? 'run.model_denied' : null)),
  )
  const { task } = await post()
  const posted = world.clock.now()
  const closed = await play(world, work.wait(task, forever))
  expect(closed).toMatchObject({ state: 'failed', ended: { why: 'refused' }, attempts: [] })
  expect(closed.refusals).toEqual(
    expect.arrayContaining(
      [poster, worker].map(({ machine }) => ({ peer: machine.agent, code: 'policy_refuses' })),
    ),
  )
  expect(world.clock.now() - posted).toBeLessThan(closed.max_attempts * limits.offer_again_ms)
  expect(asked.map((list) => list.filter(({ point }) => point === 'run').length)).toEqual([1, 1])
})

test('a run denied after the claim is given back, and the poster learns the policy', async () => {
  const { world, worker, work, post } = await pair()
  gateOf(worker.machine.gate, (_point, { stage }) => (stage === 'run' ? 'run.tokens_over_cap' : null))
  const { task } = await post()
  expect((await play(world, work.wait(task, forever))).state).toBe('accepted')
  const released = world.logs.filter((line) => line.type === 'released')
  expect(released).toMatchObject([{ agent: worker.machine.agent, reason: 'policy_refuses' }])
  const results = [...world.network.chains().values()].flat().filter(isResult)
  expect(results.map(({ author }) => author)).not.toContain(worker.machine.agent)
  expect(worker.work?.heldGrants()).toBe(0)
})

test('a task is refused while the gate has no answer, and taken afterwards', async () => {
  const { world, worker, work, post } = await pair()
  let broken = true
  const asked = gateOf(worker.machine.gate, (point) =>
    point === 'run' && broken ? 'gate.policy_corrupt' : null,
  )
  const { task } = await post()
  await pass(world, 4_000)
  expect(asked.length).toBeGreaterThan(0)
  broken = false
  expect((await play(world, work.wait(task, forever))).state).toBe('accepted')
  const results = [...world.network.chains().values()].flat().filter(isResult)
  expect(results.map(({ author }) => author)).toEqual([worker.machine.agent])
})

test('denied tasks are remembered for a while, up to a bound', () => {
  let now = 1_000
  const refused = new RefusedTasks({ now: () => now })
  const decision = (rule: string): Decision => ({
    ...{ id: 'x', point: 'run', subject: 'x', allow: false, rule, reasons: ['why'], at: 0 },
    policy: { name: 'run', digest: null },
  })
  refused.note('a', decision('run.model_denied'))
  refused.note('b', decision('gate.policy_slow'))
  expect(refused.of('b')).toBeNull()
  now += limits.policy_refused_ms
  expect(refused.of('a')?.rule).toBe('run.model_denied')
  now += 1
  expect(refused.of('a')).toBeNull()
  for (let task = 0; task <= limits.policy_refused_tasks_max; task += 1)
    refused.note(`task ${task}`, decision('run.model_denied'))
  expect(refused.of('task 0')).toBeNull()
  expect(refused.of('task 1')).not.toBeNull()
})
