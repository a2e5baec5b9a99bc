import { expect, test } from 'vitest'
import { policiesOf } from '../../../../host/daemon/models/policies.ts'
import { stubContext } from '../../api/stub-context.ts'
import { leaves, openStage } from '../../policy/stage.ts'
import { handmadePolicy } from '../../policy/wasm.ts'
import { call, exit, render } from '../calls.ts'

const never = new AbortController().signal

/** The operations over a gate of shipped policies, and an owner's folder. */
async function opened() {
  const opened = await openStage()
  const context = stubContext({ policies: policiesOf(opened.gate) })
  return { ...opened, context }
}

test('`policy list` shows the policy in force, its origin and its decisions', async () => {
  const { gate, own, context } = await opened()
  await using _ = gate
  own('run.wasm', 'no wasm at all')
  await gate.decide('egress', 'a task', leaves)
  await gate.decide('run', 'a task', {})
  const listed = await call('policy.list', context, {}, never)
  expect(listed).toMatchObject({
    policies: [
      { name: 'post', origin: 'shipped', problem: null, allowed: 0, refused: 0 },
      { name: 'run', origin: 'owner', allowed: 0, refused: 1 },
      { name: 'egress', origin: 'shipped', allowed: 1, refused: 0 },
      { name: 'merge', origin: 'shipped' },
      { name: 'tool', origin: 'shipped' },
      { name: 'mcp', origin: 'shipped' },
      { name: 'allocate', origin: 'shipped' },
    ],
    last: [
      { point: 'run', allow: false, rule: 'gate.policy_corrupt' },
      { point: 'egress', allow: true, rule: 'egress.allow' },
    ],
    audit: null,
  })
  const { lines } = render('policy.list', listed)
  expect(lines.find((line) => line.startsWith('run'))).toMatch(/^run +owner +[0-9a-f]{12} +0 +1 +ok$/)
})

test('`policy list --verify` reads the audit file and fails if it is not whole', async () => {
  const { gate, context } = await opened()
  await using _ = gate
  await gate.decide('egress', 'a task', leaves)
  const whole = await call('policy.list', context, { verify: true }, never)
  expect(whole).toMatchObject({ audit: { segments: 1, decisions: 1, allowed: 1, problems: [] } })
  expect(exit('policy.list', whole)).toBe(0)
  expect(render('policy.list', whole).lines.at(-1)).toBe('whole, as far as the file can tell')
  const broken = {
    ...(whole as object),
    audit: { ...(whole as { audit: object }).audit, problems: ['it is not'] },
  }
  expect(exit('policy.list', broken)).toBe(1)
})

test('`policy show` prints rules and source', async () => {
  const { gate, context } = await opened()
  await using _ = gate
  const shown = await call('policy.show', context, { name: 'egress' }, never)
  const { lines } = render('policy.show', shown)
  expect(lines).toContain('package ripple.egress')
  expect(lines.find((line) => line.startsWith('secrets_found'))).toContain('holds no secrets')
})

test("`policy show` prints an owner's policy without Rego", async () => {
  const { gate, own, context } = await opened()
  await using _ = gate
  own('merge.wasm', handmadePolicy('merge', { answers: { allow: true, rule: 'mine', reasons: [] } }))
  const shown = await call('policy.show', context, { name: 'merge' }, never)
  expect(shown).toMatchObject({ policy: { origin: 'owner' }, source: null, rules: [] })
})

test('`policy test` runs cases against the policy in force and names a failed one', async () => {
  const { gate, own, context } = await opened()
  await using _ = gate
  const passed = await call('policy.test', context, {}, never)
  expect(exit('policy.test', passed)).toBe(0)
  expect(render('policy.test', passed).lines).toEqual([expect.stringMatching(/^(\d+) of \1 cases passed$/)])
  own('merge.wasm', handmadePolicy('merge', { answers: { allow: true, rule: 'mine', reasons: [] } }))
  own(
    'merge.cases.yaml',
    'cases:\n  - name: nothing\n    allow: false\n    rule: mine\n    reasons: [never]\n',
  )
  const failed = await call('policy.test', context, { name: 'merge' }, never)
  expect(exit('policy.test', failed)).toBe(1)
  expect(render('policy.test', failed).lines).toEqual([
    'merge: nothing: allowed mine; expected: refused mine never',
    '0 of 1 cases passed',
  ])
})

test('`policy test` refuses malformed cases with their line', async () => {
  const { gate, own, context } = await opened()
  await using _ = gate
  own('merge.wasm', handmadePolicy('merge', { answers: 1 }))
  own('merge.cases.yaml', 'cases:\n  - nome: x\n')
  await expect(call('policy.test', context, { name: 'merge' }, never)).rejects.toMatchObject({
    code: 'RIPPLE_CONFIG_INVALID',
  })
})

test('`policy decide` answers by its exit code and is not recorded', async () => {
  const { gate, context } = await opened()
  await using _ = gate
  const allowed = await call('policy.decide', context, { point: 'egress', facts: leaves }, never)
  expect(allowed).toMatchObject({ allow: true, dry_run: true, detail: null })
  expect(exit('policy.decide', allowed)).toBe(0)
  const refused = await call(
    'policy.decide',
    context,
    { point: 'egress', facts: '{"network": "local"}' },
    never,
  )
  expect(refused).toMatchObject({ allow: false, rule: 'egress.provider_unnamed' })
  expect(exit('policy.decide', refused)).toBe(4)
  expect((await gate.verifyAudit()).decisions).toBe(0)
})

test.each([
  [{ point: 'lunch', facts: {} }, 'RIPPLE_POLICY_UNKNOWN'],
  [{ point: 'egress', facts: 'no json' }, 'RIPPLE_BODY_INVALID'],
  [{ point: 'egress', facts: '[1]' }, 'RIPPLE_BODY_INVALID'],
  [{ point: 'egress' }, 'RIPPLE_BODY_INVALID'],
])('`policy decide` refuses a malformed question: %j', async (input, code) => {
  const { gate, context } = await opened()
  await using _ = gate
  await expect(call('policy.decide', context, input, never)).rejects.toMatchObject({ code })
})

test('`policy audit` lists the newest decisions of a choice with their facts', async () => {
  const { gate, context } = await opened()
  await using _ = gate
  await gate.decide('egress', 'a task', leaves)
  await gate.decide('run', 'another task', { stage: 'claim', prompt: 'hush' })
  const refused = await call('policy.audit', context, { decided: 'refused' }, never)
  expect(refused).toMatchObject({
    decisions: [{ point: 'run', subject: 'another task', allow: false, facts: { stage: 'claim' } }],
    more: false,
  })
  expect(JSON.stringify(refused)).not.toContain('hush')
  const { lines, notes } = render('policy.audit', await call('policy.audit', context, { limit: 1 }, never))
  expect(lines).toHaveLength(2)
  expect(notes).toEqual([expect.stringContaining('--limit')])
  expect(await call('policy.audit', context, { subject: 'nobody' }, never)).toEqual({
    decisions: [],
    more: false,
  })
})
