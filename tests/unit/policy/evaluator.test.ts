import { expect, onTestFinished, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { Evaluator } from '../../../host/policy/evaluator.ts'
import { shortBounds } from './stage.ts'
import { handmadePolicy } from './wasm.ts'

const entry = 'ripple/post/decision'
const bytes = handmadePolicy('post', { answers: { allow: true, rule: 'post.allow', reasons: [] } })
const policy = { digest: sha256Hex(bytes), bytes }

test('a decision fails if no thread can start, and later ones are tried again', async () => {
  // A value that cannot be cloned keeps a thread from being made, like a lack of threads, but only while it is in
  // use.
  const bounds = { ...shortBounds, policy_memory_pages_max: Symbol('none') as unknown as 256 }
  const evaluator = new Evaluator(bounds)
  onTestFinished(() => evaluator[Symbol.asyncDispose]())
  const none = { ok: false, code: 'policy_failed', detail: expect.stringContaining('could not be cloned') }
  expect(await Promise.all([1, 2].map(() => evaluator.ask(policy, entry, {})))).toEqual([none, none])
  expect(await evaluator.ask(policy, entry, {})).toEqual(none)
  Object.assign(bounds, shortBounds)
  expect(await evaluator.ask(policy, entry, {})).toMatchObject({ ok: true, value: { allow: true } })
})
