// Tests that contexts go along with messages, and that a send settles as before.
import { expect, test } from 'vitest'
import type { Messages } from '../../../host/net/port.ts'
import { tracedMessages } from '../../../host/net/traced-messages.ts'
import type { Message } from '../../../host/types/message.ts'
import { actionHash } from './agents.ts'

const offer: Message = { type: 'offer', task: actionHash('t'), rank: 0, lease_ms: 1 }
const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const signal = new AbortController().signal

/** Messages that keep what they are to send, and fail if told. */
function recording(fails: boolean): {
  messages: Messages
  steps: unknown[]
  arrive(message: Message): unknown
} {
  const steps: unknown[] = []
  let handle: ((from: string, message: Message, by: 'stream') => unknown) | null = null
  const messages: Messages = {
    send: async (to, message) => {
      steps.push([to, message])
      if (fails) throw new TypeError('gone')
    },
    stream: () => ({ write: () => {}, end: () => {} }),
    onMessage: (handler) => {
      handle = handler
      return () => {}
    },
  }
  return { messages, steps, arrive: (message) => handle?.('from', message, 'stream') }
}

test.each([false, true])(
  'a message gets its context, and its end is reported (it fails: %s)',
  async (fails) => {
    const { messages, steps } = recording(fails)
    const traced = tracedMessages(messages, {
      sending: (_to, message) => ({
        message: { ...message, trace } as Message,
        sent: () => void steps.push('sent'),
      }),
      received: () => {},
    })
    const ended = traced.send('to', offer, signal)
    await (fails ? expect(ended).rejects.toThrow('gone') : ended)
    expect(steps).toEqual([['to', { ...offer, trace }], 'sent'])
  },
)

test('a message that arrives is reported before its handler, whose answer counts', () => {
  const { messages, steps, arrive } = recording(false)
  const traced = tracedMessages(messages, {
    sending: (_to, message) => ({ message, sent: () => {} }),
    received: (from, message) => void steps.push(['received', from, message]),
  })
  traced.onMessage((from, message) => {
    steps.push(['handled', from, message])
    return 'unwanted'
  })
  expect(arrive(offer)).toBe('unwanted')
  expect(steps).toEqual([
    ['received', 'from', offer],
    ['handled', 'from', offer],
  ])
})

test('messages without traces are the same ones', () => {
  const { messages } = recording(false)
  expect(tracedMessages(messages, null)).toBe(messages)
})
