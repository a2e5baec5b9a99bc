import { describe, expect, test } from 'vitest'
import { failureOf, faultOf } from '../../../host/inference/failure.ts'
import type { TaskView } from '../../../host/mesh/view.ts'

type Attempt = TaskView['attempts'][number]

/** As much of a task as is read of one that came to nothing. */
function view(state: TaskView['state'], attempts: Partial<Attempt>[], why: string | null = null): TaskView {
  const ended = why === null ? null : { why, ms: null, task: null }
  return { id: 'the-key', state, attempts, ended } as unknown as TaskView
}

const failed = (code: string): Partial<Attempt> => ({
  ended: { why: 'failed', code, since: null },
  verdict: null,
})

describe('an ask that nobody can answer', () => {
  test.each([
    ['context_too_long', 'RIPPLE_CONTEXT_TOO_LONG', 413],
    ['model_not_chat', 'RIPPLE_MODEL_NOT_CHAT', 400],
    ['body_invalid', 'RIPPLE_BODY_INVALID', 400],
  ])('is known by the code %s of a worker', (code, error, http) => {
    expect(faultOf(view('posted', [failed(code)]), 'm', 512)).toMatchObject({ code: error, http })
  })

  test('is none where another worker may do better, nor by what an attempt said that another one followed', () => {
    for (const code of ['engine_crashed', 'model_missing', 'toString', '__proto__', ''])
      expect(faultOf(view('posted', [failed(code)]), 'm', 512)).toBeNull()
    expect(faultOf(view('posted', []), 'm', 512)).toBeNull()
    expect(faultOf(view('granted', [failed('context_too_long'), { ended: null }]), 'm', 512)).toBeNull()
  })

  test('is told how long it may be', () => {
    const fault = faultOf(view('posted', [failed('context_too_long')]), 'm', 512)
    expect(fault?.facts).toMatchObject({ max: 512 })
    expect(fault?.message).toContain('512')
  })
})

describe('why a task has no answer', () => {
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
    ['that nobody took it in time', view('expired', [], 'queue'), 'was expired: queue'],
    ['that it was withdrawn', view('cancelled', [], 'cancelled'), 'was cancelled: cancelled'],
  ])('is %s', (_what, task, said) => {
    const error = failureOf(task, 'm')
    expect(error).toMatchObject({ code: 'RIPPLE_ANSWER_FAILED', http: 502 })
    expect(error.message).toContain(`its task ${said}`)
    expect(error.hint).toContain('the-key')
  })
})
