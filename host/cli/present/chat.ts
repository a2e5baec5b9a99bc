/** Shows chats on the terminal. */
import { chatLs, chatRm, chatShow } from '../../operations/chat/shape.ts'
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { ago } from '../../operations/text.ts'
import type { Chat, ChatAnswer } from '../../types/chat.ts'
import { oneLine, sanitise } from '../../types/text/plain-text.ts'

const states = { running: 'under way', done: '', stopped: 'stopped', failed: 'failed', cut_off: 'cut off' }

/** The presentations of the operations on chats. */
export const chatPresenters: readonly Presenter[] = [
  present(chatLs, {
    render: ({ chats }, screen) =>
      list(
        [
          { head: 'CHAT', id: true, least: 8 },
          { head: 'CHANGED', drop: 1 },
          { head: 'MESSAGES', drop: 2 },
          { head: 'MODEL', least: 8, drop: 3 },
          { head: 'TITLE', least: 16 },
        ],
        chats.map(({ id, changed_at, messages, settings, title }) => [
          id,
          ago(changed_at, screen),
          String(messages),
          settings.model,
          title,
        ]),
        { none: "none yet; 'ripple open' opens the page, which has them", screen },
      ),
  }),
  present(chatShow, { render: (chat) => ({ lines: chatLines(chat) }) }),
  present(chatRm, { render: ({ title }) => ({ lines: [], notes: [`removed '${oneLine(title)}'`] }) }),
]

function chatLines({ turns }: Chat): string[] {
  return turns.flatMap(({ text, answers }) => ['you:', ...textLines(text), ...answers.flatMap(answerLines)])
}

function answerLines({ settings, end, state, text, error }: ChatAnswer): string[] {
  const note = [states[state], error === null ? '' : `${error.message} (${error.code})`]
    .filter((word) => word !== '')
    .join(': ')
  const by = oneLine(end?.model ?? settings.model)
  return [`${by}${note === '' ? '' : ` (${oneLine(note)})`}:`, ...textLines(text)]
}

function textLines(text: string): string[] {
  return [...sanitise(text).split('\n'), '']
}
