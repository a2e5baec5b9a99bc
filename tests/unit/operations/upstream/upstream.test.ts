import { expect, test } from 'vitest'
import type { ProviderModel } from '../../../../host/providers/port.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const model: ProviderModel = {
  name: 'upstream:acme/small',
  provider: 'acme',
  model: 'small',
  kind: 'openai',
  state: 'no_key',
  data_classes: [],
  weight: 1.3,
  priority: 2,
}
const limits = { tokens_per_day: 100, requests_per_day: 10 }
const budget = { day: '2026-11-23', tokens_left: 70, requests_left: 9, limits }

test('`upstream ls` shows models, their state and what is left of the day', async () => {
  const upstreams = { list: async () => [model], budget: () => budget }
  const output = await call('upstream.ls', stubContext({ upstreams }), {}, new AbortController().signal)
  expect(output).toEqual({ models: [model], budget })
  const { lines, notes } = render('upstream.ls', output)
  expect(lines[1]).toMatch(/^upstream:acme\/small +its key is not set +nothing +openai +1\.3 +2$/)
  expect(notes).toEqual(['2026-11-23 (UTC): 70 of 100 tokens and 9 of 10 requests are left'])
})
