import { describe, expect, test } from 'vitest'
import { failureOf, faultOf } from '../../../host/inference/failure.ts'
import type { KnownModel } from '../../../host/inference/names.ts'
import { payloadOf } from '../../../host/inference/payload-of.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import { DEFAULT_MODEL, findModel } from '../../../host/models/catalogue.ts'
import { asking } from './plane.ts'

type Attempt = TaskView['attempts'][number]

/** As much of a task as is read of one that came to nothing. */
function view(state: TaskView['state'], attempts: Partial<Attempt>[], why: string | null = null): TaskView {
  const ended = why === null ? null : { why, ms: null, task: null }
  return { id: 'the-key', state, attempts, ended } as unknown as TaskView
}

const model: KnownModel = { name: 'm', digest: 'd'.repeat(64), context_tokens: 512, at: [] }
const payload = payloadOf(asking(), model, () => 1)
const asked = { model, payload }
const fault = (attempts: Partial<Attempt>[], given = asked) =>
  faultOf(view('posted', attempts), given, 'self')

const failed = (code: string, worker = 'one'): Partial<Attempt> => ({
  worker,
  ended: { why: 'failed', code, since: null },
  verdict: null,
})

describe('an ask at fault', () => {
  test.each([
    ['context_too_long', 'RIPPLE_CONTEXT_TOO_LONG', 413],
    ['model_not_chat', 'RIPPLE_MODEL_NOT_CHAT', 400],
    ['body_invalid', 'RIPPLE_BODY_INVALID', 400],
  ])("an ask is at fault by a worker's code %s", (code, error, http) => {
    expect(fault([failed(code)])).toMatchObject({ code: error, http })
  })

  test('an ask is not at fault if another worker may do better or an attempt followed', () => {
    for (const code of ['engine_crashed', 'model_missing', 'toString', '__proto__', ''])
      expect(fault([failed(code)])).toBeNull()
    expect(fault([])).toBeNull()
    expect(fault([failed('context_too_long'), { ended: null }])).toBeNull()
  })

  test("a too long prompt's error says how long it may be", () => {
    const told = fault([failed('context_too_long')])
    expect(told?.facts).toMatchObject({ max: 512 })
    expect(told?.message).toContain('512')
  })

  describe('a too long prompt', () => {
    const said = failed('context_too_long')
    const here = { ...model, at: [{ agent: 'self', name: 'here', loaded: false }] }
    const listed = { ...model, digest: findModel(DEFAULT_MODEL).sha256 ?? '' }

    test.each([
      ['its file is here', here],
      ['it is in the model list', listed],
    ])("a single machine's word does not make a prompt too long if %s and every byte fits", (_why, known) => {
      expect(fault([said], { model: known, payload })).toBeNull()
      expect(fault([failed('model_not_chat')], { model: known, payload })).not.toBeNull()
    })

    test("two machines' word, or this machine's own, makes a prompt too long", () => {
      const given = { model: here, payload }
      expect(fault([said, failed('context_too_long')], given)).toBeNull()
      const code = 'RIPPLE_CONTEXT_TOO_LONG'
      expect(fault([said, failed('context_too_long', 'two')], given)).toMatchObject({ code })
      expect(fault([failed('context_too_long', 'self')], given)).toMatchObject({ code })
    })

    test("a single machine's word makes a prompt too long that may be so", () => {
      const long = asking({ input: { type: 'text', text: 'x'.repeat(300), template: 'auto' } })
      const given = { model: here, payload: payloadOf(long, here, () => 1) }
      expect(fault([said], given)).toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG' })
    })
  })
})

describe('the error of a task without an answer', () => {
  const rejected: Partial<Attempt> = {
    ended: { why: 'rejected', code: null, since: null },
    verdict: 'the output is not what was streamed',
  }
  test.each([
    [
      'what its last attempt failed with',
      view('failed', [rejected, failed('engine_crashed')]),
      'failed: failed (engine_crashed)',
    ],
    [
      'why its output was rejected',
      view('failed', [rejected]),
      'failed: rejected (the output is not what was streamed)',
    ],
    ['that it took too long', view('expired', [], 'total'), 'was expired: total'],
    ['that it was withdrawn', view('cancelled', [], 'cancelled'), 'was cancelled: cancelled'],
  ])('the error of a task without an answer says %s', (_what, task, said) => {
    const error = failureOf(task, { model, keyed: false }, null)
    expect(error).toMatchObject({ code: 'RIPPLE_ANSWER_FAILED', http: 502 })
    expect(error.message).toContain(`its task ${said}`)
    expect(error.hint).toContain('the-key')
  })

  test('an ask that no machine took in time may be repeated', () => {
    const error = failureOf(view('expired', [], 'queue'), { model, keyed: false }, null)
    expect(error).toMatchObject({ code: 'RIPPLE_ANSWER_EXPIRED', http: 429 })
    expect(error.facts.retry_after_s).toBeGreaterThan(0)
    expect(error.hint).toContain('the-key')
  })

  test.each([
    ['no machine that has it became free', view('expired', [], 'queue')],
    ['its task was cancelled', view('cancelled', [], 'cancelled')],
  ])("a client's key without an answer is spent, whatever the reason: %s", (said, task) => {
    const error = failureOf(task, { model, keyed: true }, null)
    expect(error).toMatchObject({ code: 'RIPPLE_ANSWER_KEY_SPENT', http: 409, facts: { key: 'the-key' } })
    expect(error.facts).not.toHaveProperty('retry_after_s')
    expect([error.message, error.hint]).toEqual([
      expect.stringContaining(said),
      expect.stringContaining('a new key'),
    ])
  })
})
