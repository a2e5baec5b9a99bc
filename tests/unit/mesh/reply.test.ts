import { describe, expect, test } from 'vitest'
import { plan } from '../../../host/mesh/plan.ts'
import { reply } from '../../../host/mesh/reply.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import type { Message } from '../../../host/types/message.ts'
import {
  closeEvent,
  committed,
  grantEvent,
  now,
  peer,
  resultEvent,
  stateAfter,
  taskEvent,
} from './fixtures.ts'

const peers = ['first', 'second', 'stranger'].map((agent) => peer(agent))
const posted = committed(taskEvent())
const regranted = [posted, committed(grantEvent(1, 'first')), committed(grantEvent(2, 'second'))]
const closed = [...regranted, committed(closeEvent('grant 2', 4))]

function result(attempt: number): Message {
  const opens = { salt: Uint8Array.of(1), key: Uint8Array.of(1) }
  return { type: 'result', task: 'task', attempt, result: `result ${attempt}`, claim: null, ...opens }
}

/** Returns the poster's reply to a result, and its actions on the task. */
function told(before: readonly MeshInput[], from: string, attempt: number) {
  const message = result(attempt)
  const events = [resultEvent(attempt, from)]
  const state = stateAfter(
    [
      ...before,
      { type: 'message_received', from, message, at: now },
      { type: 'results_found', task: 'task', events, at: now },
    ],
    peers,
  )
  const effects = plan(state, now).actions.map(({ type }) => type)
  return { answer: reply(state, from, message, now), effects }
}

const current = { type: 'granted', task: 'task', grant: 'grant 2', attempt: 2 }

describe('a result', () => {
  test('a result of the current attempt is checked, and needs no answer', () => {
    const { answer, effects } = told(regranted, 'second', 2)
    expect(answer).toBeNull()
    expect(effects).toContain('check')
  })

  test('a result of an old attempt is ignored, and its worker learns the current grant', () => {
    const { answer, effects } = told(regranted, 'first', 1)
    expect(answer).toEqual({ type: 'send', to: 'first', message: current })
    expect(effects).not.toContain('check')
  })

  test('a result of an ended task is ignored, and its worker learns of the close', () => {
    const { answer, effects } = told(closed, 'first', 1)
    const message = { type: 'closed', task: 'task', close: 'close after grant 2' }
    expect(answer).toEqual({ type: 'send', to: 'first', message })
    for (const effect of ['check', 'commit']) expect(effects).not.toContain(effect)
  })

  test('a result without a grant is ignored and not answered', () => {
    for (const [before, attempt] of [
      [[posted], 1],
      [regranted, 2],
      [regranted, 3],
    ] as const) {
      const { answer, effects } = told(before, 'stranger', attempt)
      expect(answer).toBeNull()
      expect(effects).not.toContain('check')
    }
  })
})

describe('a poster that returns after the end of a granted task', () => {
  const back = now + 600_000
  const state = stateAfter(
    [committed(taskEvent(), back), committed(grantEvent(1, 'first', { at: now + 1 }), back)],
    peers,
  )

  test("a poster that returns after a granted task's end waits for its worker", () => {
    const { actions, wake } = plan(state, back + 1)
    expect(actions.map(({ type }) => type)).toContain('look')
    expect(actions.map(({ type }) => type)).not.toContain('send')
    expect(wake).not.toBeNull()
    expect(reply(state, 'first', { type: 'open_tasks', cursor: 0 }, back + 1)).toMatchObject({
      message: { type: 'open_tasks_are', tasks: [] },
    })
    const taken = { type: 'send', to: 'first', message: { type: 'taken', task: 'task' } }
    expect(reply(state, 'first', { type: 'claim', task: 'task' }, back + 1)).toEqual(taken)
  })

  test('a returning poster asks for the key of a result that it finds', () => {
    const events = [resultEvent(1, 'first')]
    const found = stateAfter(
      [
        committed(taskEvent(), back),
        committed(grantEvent(1, 'first', { at: now + 1 }), back),
        { type: 'results_found', task: 'task', events, at: back },
      ],
      peers,
    )
    expect(plan(found, back + 1).actions).toContainEqual(
      expect.objectContaining({
        type: 'send',
        to: 'first',
        message: expect.objectContaining({ type: 'granted' }),
      }),
    )
  })
})
