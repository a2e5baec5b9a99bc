/** Shows one message of the person, with its answers. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { pageLimits } from '../../../limits/page.ts'
import { cut } from '../../format/cut.ts'
import { When } from '../../parts/moments.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { useSwitch } from '../../state/switch.ts'
import { words } from '../../words/words.ts'
import { AnswerView } from './answer.tsx'
import { type ChatShown, draftOf, settingsIn } from './drafts.ts'
import type { LiveText } from './live-text.ts'

/** A message with its answers. */
export type Turn = ChatShown['turns'][number]

interface TurnProps {
  readonly chat: string
  readonly turn: Turn
  /** The message after it; null for the last one. */
  readonly next: Turn | null
  readonly live: (answer: string) => LiveText
  /** Whether an answer of the chat is under way. */
  readonly busy: boolean
}

/** Shows a message, and one of its answers at a time. */
export function TurnView({ chat, turn, next, live, busy }: TurnProps) {
  const draft = draftOf(chat)
  const { answers } = turn
  // The last message shows the answer that the next message will follow.
  const chosen = next === null ? draft.follows.value : next.follows
  const looked = useSignal<string | null>(null)
  const at = Math.max(0, indexOf(answers, looked.value) ?? indexOf(answers, chosen) ?? answers.length - 1)
  const answer = answers[at]
  const look = (to: number): void => {
    const id = answers[to]?.id ?? null
    looked.value = id
    if (next === null) draft.follows.value = id
  }
  // A new answer is shown at once.
  useEffect(() => {
    looked.value = null
  }, [answers.length])
  return (
    <li>
      <MessageView chat={chat} turn={turn} busy={busy} />
      {answer && (
        <AnswerView
          key={answer.id}
          chat={chat}
          answer={answer}
          live={answer.state === 'running' ? live(answer.id) : null}
          place={answers.length > 1 ? { at, all: answers.length, look } : null}
          isLast={next === null}
          busy={busy}
        />
      )}
    </li>
  )
}

function indexOf(answers: Turn['answers'], id: string | null): number | null {
  const at = answers.findIndex((one) => one.id === id)
  return at < 0 ? null : at
}

interface MessageProps {
  readonly chat: string
  readonly turn: Turn
  readonly busy: boolean
}

function MessageView({ chat, turn, busy }: MessageProps) {
  const editing = useSwitch()
  const whole = useSwitch()
  const { ask } = words
  const most = pageLimits.page_message_chars_shown
  const isLong = turn.text.length > most
  return (
    <section class="message" aria-label={ask.said}>
      <div class="head">
        <h2>{ask.you}</h2>
        <span class="soft">
          <When at={turn.at} />
        </span>
      </div>
      {editing.on ? (
        <EditForm chat={chat} turn={turn} onClose={editing.close} />
      ) : (
        <>
          <div class="plain" dir="auto">
            {whole.on ? turn.text : cut(turn.text, most)}
          </div>
          <div class="actions">
            {isLong && (
              <button type="button" class="copy" onClick={whole.toggle}>
                {whole.on ? ask.shorter : ask.longer}
              </button>
            )}
            <button type="button" class="copy" disabled={busy} onClick={editing.open}>
              {ask.edit}
            </button>
          </div>
        </>
      )}
    </section>
  )
}

function EditForm({ chat, turn, onClose }: { chat: string; turn: Turn; onClose: () => void }) {
  const typed = useSignal(turn.text)
  const edit = useAction('chat.edit')
  const field = useRef<HTMLTextAreaElement>(null)
  const { ask } = words
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const draft = draftOf(chat)
    const begun = await edit.run({ chat, message: turn.id, text: typed.value, ...settingsIn(draft) })
    if (begun === null) return
    draft.follows.value = null
    onClose()
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <textarea
        ref={field}
        rows={4}
        aria-label={ask.message}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
      />
      <p class="hint">{ask.editHint}</p>
      {edit.trouble && <TroubleView trouble={edit.trouble} />}
      <div class="actions">
        <button type="submit" disabled={edit.busy}>
          {ask.editSend}
        </button>
        <button type="button" class="quiet" onClick={onClose}>
          {words.parts.cancel}
        </button>
      </div>
    </form>
  )
}
