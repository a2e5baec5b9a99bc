/** Shows one chat: its messages, the answers, and the form for the next message. */
import { useEffect, useRef } from 'preact/hooks'
import { Loaded } from '../../parts/layout.tsx'
import { useEvents } from '../../state/live.ts'
import { useRead } from '../../state/operations.ts'
import { Composer } from './composer.tsx'
import { type ChatShown, draftOf, fill } from './drafts.ts'
import { LiveText } from './live-text.ts'
import { TurnView } from './turn.tsx'

/** Shows a chat, and follows the answer that is under way. */
export function ChatView({ id }: { id: string }) {
  const read = useRead('chat.show', { id })
  const live = useLiveTexts(id, read.value, read.again)
  const draft = draftOf(id)
  useEffect(() => {
    if (read.value) fill(draft, read.value.settings)
  }, [read.value])
  const running = read.value !== null && runningIn(read.value) !== null
  return (
    <div class="chat">
      <Loaded read={read}>
        {(chat) => (
          <>
            <ol class="turns">
              {chat.turns.map((turn, at) => (
                <TurnView
                  key={turn.id}
                  chat={chat.id}
                  turn={turn}
                  next={chat.turns[at + 1] ?? null}
                  live={live}
                  busy={running}
                />
              ))}
            </ol>
            <Composer chat={chat.id} running={running} />
          </>
        )}
      </Loaded>
    </div>
  )
}

/** Returns the id of the answer that is under way; null without one. */
function runningIn({ turns }: ChatShown): string | null {
  return turns.flatMap(({ answers }) => answers).find(({ state }) => state === 'running')?.id ?? null
}

/** Returns the texts of the answers that are under way, by the answer's id. */
function useLiveTexts(id: string, chat: ChatShown | null, again: () => void): (answer: string) => LiveText {
  const texts = useRef(new Map<string, LiveText>())
  const of = (answer: string): LiveText => {
    const found = texts.current.get(answer) ?? new LiveText()
    texts.current.set(answer, found)
    return found
  }
  const known = new Map(chat?.turns.flatMap(({ answers }) => answers).map((one) => [one.id, one]))
  useEvents((event) => {
    if (event.type === 'chat_changed' && event.chat === id) again()
    if (event.type !== 'chat_text' || event.chat !== id) return
    const answer = known.get(event.answer)
    // The kept events of the past come too.
    if (answer && answer.state !== 'running') return
    if (of(event.answer).piece(event.offset, event.text) && answer) again()
  })
  useEffect(() => {
    for (const { id: answer, state, text } of known.values())
      if (state === 'running') of(answer).snapshot(text)
      else texts.current.delete(answer)
  }, [chat])
  return of
}
