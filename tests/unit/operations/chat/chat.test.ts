/** Tests the verbs of chats. */
import { expect, test } from 'vitest'
import type { NewMessage } from '../../../../host/chats/port.ts'
import type { Chat, ChatAnswer } from '../../../../host/types/chat.ts'
import { owner } from '../../../../host/types/principal.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const settings = {
  ...{ model: 'ripple/auto', system: '', temperature: 0.7, max_tokens: null, seed: null },
  data_class: 'private' as const,
}
const head = { id: '4f1c', title: 'Why?', created_at: 1, changed_at: 2, settings }

test('a message needs its text alone', async () => {
  const sent: NewMessage[] = []
  const begun = { chat: '4f1c', message: 'm', answer: 'a' }
  const chats = {
    ...stubContext({}).chats,
    send: async (message: NewMessage) => {
      sent.push(message)
      return begun
    },
  }
  expect(await call('chat.send', stubContext({ chats }), { text: 'Why?' }, forever)).toEqual(begun)
  expect(sent).toEqual([{ chat: null, text: 'Why?', follows: null, settings, principal: owner }])
})

test.each([
  [{}, 'RIPPLE_BODY_INVALID'],
  [{ text: ' ' }, 'RIPPLE_PROMPT_EMPTY'],
  [{ text: 'a\ud800' }, 'RIPPLE_PROMPT_ENCODING'],
  [{ text: 'x', temperature: 3 }, 'RIPPLE_BODY_INVALID'],
  [{ text: 'x', max_tokens: 0 }, 'RIPPLE_BODY_INVALID'],
  [{ text: 'x', seed: -1 }, 'RIPPLE_BODY_INVALID'],
  [{ text: 'x', chat: '' }, 'RIPPLE_BODY_INVALID'],
])('chat.send refuses %o', async (input, code) => {
  await expect(call('chat.send', stubContext({}), input, forever)).rejects.toMatchObject({ code })
})

test('the command line shows messages and answers as plain text, and says what became of them', () => {
  const answer: ChatAnswer = {
    ...{ id: 'a', at: 1, settings, task_key: null, trace_id: null, first_ms: 1, text_ms: 1, end: null },
    state: 'failed',
    text: 'red \u001b[31m',
    error: { code: 'RIPPLE_BUSY', message: 'busy', hint: 'wait' },
  }
  const chat: Chat = { ...head, turns: [{ id: 'm', at: 1, text: 'Why?', follows: null, answers: [answer] }] }
  expect(render('chat.show', chat).lines).toEqual([
    ...['you:', 'Why?', ''],
    ...['ripple/auto (failed: busy (RIPPLE_BUSY)):', 'red \\u{1b}[31m', ''],
  ])
  const listed = render('chat.ls', { chats: [{ ...head, messages: 1, running: false }] })
  expect(listed.lines[1]).toMatch(/^4f1c +1970-01-01T00:00:00Z +1 +ripple\/auto +Why\?$/)
})
