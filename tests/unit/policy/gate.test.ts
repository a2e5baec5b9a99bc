import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { fromText } from '../../../host/policy/audit-lines.ts'
import { leaves, openStage, shortBounds } from './stage.ts'
import { handmadePolicy } from './wasm.ts'

const refusedBy = (code: string) => ({ allow: false, rule: `gate.${code}`, reasons: [code] })

test('a decision names the rule, the policy and the digest of its wasm', async () => {
  const { gate, shipped } = await openStage()
  await using _ = gate
  const digest = sha256Hex(readFileSync(join(shipped, 'policies/egress.wasm')))
  expect(await gate.decide('egress', 'a task', leaves)).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    point: 'egress',
    subject: 'a task',
    allow: true,
    rule: 'egress.allow',
    reasons: [],
    policy: { name: 'egress', digest },
    at: 1_800_000_000_000,
  })
  const refused = await gate.decide('egress', 'a task', { ...leaves, allows: [] })
  expect(refused).toMatchObject({ allow: false, rule: 'egress.not_allowed', reasons: ['not_allowed'] })
})

test('the gate itself states network and owner, whatever the facts say', async () => {
  const { gate } = await openStage({ network: 'local', owner: { deny_posters: ['x'] } })
  await using _ = gate
  const decision = await gate.decide('egress', 'a task', { ...leaves, network: 'testnet' })
  expect(decision.reasons).toEqual(['network_local'])
})

test('a missing policy refuses', async () => {
  const { gate, shipped, troubles } = await openStage()
  await using _ = gate
  rmSync(join(shipped, 'policies/egress.wasm'))
  const decision = await gate.decide('egress', 'a task', leaves)
  expect(decision).toMatchObject({ ...refusedBy('policy_missing'), policy: { name: 'egress', digest: null } })
  expect(troubles).toEqual(['policy_missing'])
})

test('a changed shipped policy refuses from the next look at its file', async () => {
  const { gate, shipped } = await openStage()
  await using _ = gate
  expect((await gate.decide('egress', 'a task', leaves)).allow).toBe(true)
  const file = join(shipped, 'policies/egress.wasm')
  appendFileSync(file, Buffer.from([0, 1, 0]))
  const digest = sha256Hex(readFileSync(file))
  const decision = await gate.decide('egress', 'a task', leaves)
  expect(decision).toMatchObject({ ...refusedBy('policy_corrupt'), policy: { digest } })
})

test('no shipped policy counts without pins', async () => {
  const { gate, shipped } = await openStage()
  await using _ = gate
  writeFileSync(join(shipped, 'policies.json'), '{}')
  expect(await gate.decide('merge', 'a task', {})).toMatchObject(refusedBy('policy_corrupt'))
})

test("an owner's policy replaces the shipped one until its file is gone", async () => {
  const { gate, own, folder } = await openStage()
  await using _ = gate
  own(
    'egress.wasm',
    handmadePolicy('egress', { answers: { allow: false, rule: 'mine', reasons: ['never'] } }),
  )
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject({ rule: 'mine', reasons: ['never'] })
  expect((await gate.list()).map(({ policy }) => [policy.name, policy.origin])).toEqual([
    ['post', 'shipped'],
    ['run', 'shipped'],
    ['egress', 'owner'],
    ['merge', 'shipped'],
    ['tool', 'shipped'],
    ['mcp', 'shipped'],
    ['allocate', 'shipped'],
  ])
  rmSync(join(folder, 'owner/egress.wasm'))
  expect((await gate.decide('egress', 'a task', leaves)).rule).toBe('egress.allow')
})

test("an unreadable owner's policy does not give way to the shipped one", async () => {
  const { gate, own, folder } = await openStage()
  await using _ = gate
  own('egress.wasm', 'no wasm at all')
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_corrupt'))
  rmSync(join(folder, 'owner/egress.wasm'))
  mkdirSync(join(folder, 'owner/egress.wasm'))
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_corrupt'))
})

test.each([
  ['a yes with a reason', { allow: true, rule: 'x', reasons: ['why'] }],
  ['a no without one', { allow: false, rule: 'x', reasons: [] }],
  ['a word', 'yes'],
  ['nothing', null],
  ['a field too many', { allow: true, rule: 'x', reasons: [], more: 1 }],
  ['a rule that is no name', { allow: true, rule: '<b>', reasons: [] }],
  ['a long list', { allow: false, rule: 'x', reasons: Array(65).fill('why') }],
  ['a long text', { allow: true, rule: 'x', reasons: [], text: 'x'.repeat(20_000) }],
])('a malformed answer of a policy counts as a refusal: %s', async (_name, answers) => {
  const { gate, own } = await openStage()
  await using _ = gate
  own('egress.wasm', handmadePolicy('egress', { answers }))
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_failed'))
})

test('a policy that traps refuses, and the next decision is made', async () => {
  const { gate, own } = await openStage()
  await using _ = gate
  own('egress.wasm', handmadePolicy('egress', 'trap'))
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_failed'))
  expect((await gate.decide('merge', 'a task', {})).rule).toBe('merge.trigger_unknown')
})

test('a policy without the requested rule refuses', async () => {
  const { gate, own } = await openStage()
  await using _ = gate
  own('egress.wasm', handmadePolicy('merge', { answers: { allow: true, rule: 'x', reasons: [] } }))
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_failed'))
})

test('a policy that never ends is stopped and holds up nobody else', async () => {
  const { gate, own } = await openStage()
  await using _ = gate
  own('egress.wasm', handmadePolicy('egress', 'loop'))
  const begun = performance.now()
  const [slow, other] = await Promise.all([
    gate.decide('egress', 'a task', leaves),
    gate.decide('merge', 'a task', {}),
  ])
  expect(performance.now() - begun).toBeGreaterThan(shortBounds.policy_decide_ms)
  expect(slow).toMatchObject(refusedBy('policy_slow'))
  expect(other.rule).toBe('merge.trigger_unknown')
})

test('a too slow policy refuses at once for a while', async () => {
  const evaluator = { ...shortBounds, policy_decide_ms: 500, policy_rest_ms: 60_000 }
  const { gate, own } = await openStage({ bounds: { lookMs: 0, evaluator } })
  await using _ = gate
  own('egress.wasm', handmadePolicy('egress', 'loop'))
  await gate.decide('egress', 'a task', leaves)
  const begun = performance.now()
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('policy_slow'))
  expect(performance.now() - begun).toBeLessThan(evaluator.policy_decide_ms)
})

test("decisions beyond the queue's bound are refused as busy", async () => {
  const { gate, own } = await openStage()
  await using _ = gate
  own('egress.wasm', handmadePolicy('egress', 'loop'))
  const asked = Array.from({ length: 8 }, () => gate.decide('egress', 'a task', leaves))
  const codes = (await Promise.all(asked)).map(({ reasons }) => reasons[0])
  expect(codes.filter((code) => code === 'policy_busy')).toHaveLength(3)
  expect(codes.filter((code) => code === 'policy_slow')).toHaveLength(5)
})

test('facts beyond the bound are refused', async () => {
  const { gate } = await openStage()
  await using _ = gate
  const facts = { ...leaves, more: 'x'.repeat(70_000) }
  expect(await gate.decide('egress', 'a task', facts)).toMatchObject(refusedBy('policy_failed'))
})

test('a decision is audited before it is returned, with safe facts alone', async () => {
  const { gate, audit } = await openStage()
  await using _ = gate
  const decision = await gate.decide('egress', 'a task', { ...leaves, prompt: 'my password is hunter2' })
  const [name] = readdirSync(audit)
  const text = readFileSync(join(audit, name ?? ''), 'utf8')
  const [first, line] = text.split('\n').map(fromText)
  expect(first).toMatchObject({ type: 'segment', number: 1, before: null })
  expect(line).toMatchObject({ type: 'decision', ...decision, policy: { origin: 'shipped' } })
  const facts = { provider: 'openrouter', data_class: 'public', network: 'testnet' }
  const principal = { 'principal.kind': 'key', 'principal.name': 'bot' }
  expect(line).toMatchObject({ facts: { ...facts, ...principal } })
  expect(text).not.toContain('hunter2')
})

test('a decision that cannot be audited is a refusal', async () => {
  const { gate, folder } = await openStage()
  await using _ = gate
  writeFileSync(join(folder, 'audit'), 'a file where the folder should be')
  expect(await gate.decide('egress', 'a task', leaves)).toMatchObject(refusedBy('audit_failed'))
})

test('the last decisions survive a restart, and their counts do not', async () => {
  const first = await openStage()
  await first.gate.decide('egress', 'one', leaves)
  await first.gate.decide('egress', 'two', {})
  const egress = (await first.gate.list()).find(({ policy }) => policy.name === 'egress')
  expect(egress).toMatchObject({ allowed: 1, refused: 1 })
  await first.gate[Symbol.asyncDispose]()
  const { gate } = await openStage({ auditFolder: first.audit })
  await using _ = gate
  expect(gate.last().map(({ subject }) => subject)).toEqual(['two', 'one'])
  expect((await gate.list()).every(({ allowed, refused }) => allowed + refused === 0)).toBe(true)
})

test('a dry run says what would be decided and is not recorded', async () => {
  const { gate } = await openStage()
  await using _ = gate
  expect(await gate.dryRun('egress', { ...leaves, network: 'local' })).toMatchObject({
    rule: 'egress.network_local',
  })
  expect(gate.last()).toEqual([])
  expect((await gate.verifyAudit()).decisions).toBe(0)
})

test("a decision after the gate's end is a refusal", async () => {
  const { gate } = await openStage()
  await gate[Symbol.asyncDispose]()
  expect((await gate.decide('egress', 'a task', leaves)).allow).toBe(false)
})
