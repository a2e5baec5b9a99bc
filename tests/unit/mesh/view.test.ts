import { describe, expect, test } from 'vitest'
import type { Happening } from '../../../host/mesh/events.ts'
import { viewTask } from '../../../host/mesh/view.ts'
import { whyTask } from '../../../host/mesh/why.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { committed, grantEvent, now, peer, stateAfter, taskEvent } from './fixtures.ts'

const heard = (type: 'started' | 'progress', at: number): Happening => {
  const about = { task: 'task', attempt: 1 }
  const message = type === 'started' ? { type, ...about } : { type, ...about, tokens_out: 0 }
  return { type: 'message_received', from: 'a', message, at }
}
const granted = [committed(taskEvent()), committed(grantEvent(1, 'a'))]

function look(happenings: readonly Happening[], at: number, peers: readonly Peer[] = [peer('a')]) {
  const state = stateAfter(happenings, peers)
  const posted = state.tasks.get('task')
  if (!posted) throw new TypeError('the task was posted')
  return { view: viewTask(state, posted, at), why: whyTask(state, posted, at) }
}

describe('a task whose worker', () => {
  test('runs it is running for as long as that is heard of', () => {
    const { view, why } = look([...granted, heard('started', now)], now + 4_999)
    expect(view).toMatchObject({ state: 'running', worker: 'a', attempts: [{ ended: null }] })
    expect(why.now).toEqual({ on: 'worker', agent: 'a', until: now + 5_000 })
  })

  test('fell silent is not running any more, and it is said since when and who is asked', () => {
    const { view, why } = look([...granted, heard('started', now)], now + 5_000)
    expect(view).toMatchObject({ state: 'posted', wire_state: 'queued', worker: null })
    expect(view.attempts).toMatchObject([{ ended: { why: 'silent', code: null, since: now } }])
    expect(why).toMatchObject({ state: 'posted', now: { on: 'answer', agent: 'a' } })
  })

  test('let its lease run out before it began is not granted any more', () => {
    const { view } = look([...granted, heard('progress', now + 1_000)], now + 11_000)
    expect(view).toMatchObject({ state: 'posted', worker: null })
    expect(view.attempts).toMatchObject([{ ended: { why: 'expired', since: now + 11_000 } }])
  })

  test('is gone when nobody else can run it waits for a machine', () => {
    const { why } = look([...granted, heard('started', now)], now + 95_000)
    expect(why).toMatchObject({ state: 'posted', now: { on: 'nobody', until: null } })
  })
})
