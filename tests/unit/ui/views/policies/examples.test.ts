/** Tests the facts with which a person tries a policy. */
import { expect, test } from 'vitest'
import { policySection } from '../../../../../host/config/policy.ts'
import { examples, factsOf, type Point } from '../../../../../host/ui/views/policies/examples.ts'
import { openStage } from '../../../policy/stage.ts'

test.each<[Point, string]>([
  ['post', 'post.allow'],
  ['run', 'run.allow'],
  ['egress', 'egress.allow'],
  ['allocate', 'allocate.allow'],
  ['merge', 'merge.consensus'],
  ['mcp', 'mcp.allow'],
])('the usual facts of %s are decided by %s', async (point, rule) => {
  const { gate } = await openStage({ owner: policySection.parse({}) })
  await using _ = gate
  const facts = factsOf(point, {}, [{ provider: 'acme', data_class: 'public' }])
  expect(await gate.dryRun(point, { ...facts, network: 'testnet' })).toMatchObject({ rule, detail: null })
})

test('typed facts are numbers, texts and parts of objects, and an empty one is missing', () => {
  const typed = {
    'model.name': 'large',
    'model.digest': '',
    payload_bytes: '7',
    only_self: true,
    fallback: '',
  }
  const facts = factsOf('post', typed)
  expect(facts).toMatchObject({ model: { name: 'large' }, payload_bytes: 7, only_self: true })
  expect(facts).not.toHaveProperty('fallback')
  expect(facts).not.toHaveProperty('model.digest')
})

test('each choice of a fact has its usual value', () => {
  for (const { usual, choices } of Object.values(examples).flat())
    if (choices) expect(choices).toContain(usual)
})
