/** Shows an answer: its text, how it stands, where it came from, and its evidence. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { count } from '../../format/format.ts'
import { Copy } from '../../parts/hash.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useEvents } from '../../state/live.ts'
import { nameOf } from '../../state/machines.ts'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { AnswerFacts } from './answer-facts.tsx'
import { draftOf, settingsIn } from './drafts.ts'
import type { LiveText } from './live-text.ts'
import { Markdown } from './markdown/markdown.tsx'
import { labelOf } from './model-groups.ts'
import { ReceiptCheck } from './receipt-check.tsx'
import type { Turn } from './turn.tsx'
import { Votes } from './votes.tsx'

/** An answer, as the daemon shows it. */
export type Answer = Turn['answers'][number]

interface AnswerProps {
  readonly chat: string
  readonly answer: Answer
  /** The text of an answer that is under way; null for any other. */
  readonly live: LiveText | null
  /** Its place among several answers to one message; null if it is the only one. */
  readonly place: { readonly at: number; readonly all: number; look(to: number): void } | null
  /** Whether it answers the last message. */
  readonly isLast: boolean
  readonly busy: boolean
}

/** Shows an answer. */
export function AnswerView({ chat, answer, live, place, isLast, busy }: AnswerProps) {
  const { ask } = words
  const model = labelOf(answer.end?.model ?? answer.settings.model, nameOf)
  // An answer that failed before it began has no facts but its error.
  const isKnown = answer.end !== null || answer.first_ms !== null
  return (
    <section class="answer" aria-label={ask.answerBy(model)} aria-busy={live !== null}>
      <div class="head">
        <h2 dir="auto">{model}</h2>
        {live ? <Progress answer={answer} /> : <Outcome answer={answer} />}
      </div>
      <div class="text">
        {live ? <Growing live={live} /> : <Markdown text={answer.text} />}
        {answer.state === 'done' && answer.text === '' && <p class="hint">{ask.saidNothing}</p>}
      </div>
      {answer.error && <TroubleView trouble={answer.error} />}
      <div class="actions">
        {place && <Places {...place} />}
        {answer.text !== '' && live === null && <Copy text={answer.text} label={ask.copy} />}
        {isLast && live === null && <Again chat={chat} busy={busy} />}
      </div>
      {live === null && isKnown && <AnswerFacts answer={answer} model={model} />}
      {answer.end?.route === 'ensemble' && answer.trace_id !== null && <Votes trace={answer.trace_id} />}
      {answer.end && <ReceiptCheck text={answer.text} end={answer.end} />}
    </section>
  )
}

/** Says how far an answer is that is under way. */
function Progress({ answer }: { answer: Answer }) {
  const step = useSignal<{ state: string; peer: string | null } | null>(null)
  useEvents((event) => {
    if (event.type === 'task_state' && event.task_key === answer.task_key) step.value = event
  })
  const { ask } = words
  const { state, peer } = step.value ?? { state: null, peer: null }
  const isAsking = answer.text === '' && answer.first_ms === null
  return (
    <p role="status" class="phase running">
      {!isAsking
        ? ask.states.running
        : state === null
          ? ask.asking
          : ask.step(state, peer === null ? null : nameOf(peer))}
    </p>
  )
}

function Outcome({ answer: { state, end, text } }: { answer: Answer }) {
  const { ask } = words
  const tokens = end?.usage?.tokens_out
  const cut = tokens === undefined ? ask.cutAtMost : ask.cutAfter(count(tokens))
  const whole = end?.finish === 'length' ? cut : ask.complete
  const failed = state === 'failed' && text !== '' ? ask.brokenOff : ask.states[state]
  return (
    <p role="status" class="phase">
      {state === 'done' ? whole : failed}
    </p>
  )
}

/** Pixels from the end of the page within which a growing answer is followed. */
const NEAR_END = 160

/** Shows the text of an answer that is under way. Only this part is rendered for a piece. */
function Growing({ live }: { live: LiveText }) {
  const text = live.shown.value
  const page = document.documentElement
  const isAtEnd = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END
  useEffect(() => {
    if (isAtEnd && text !== '') page.scrollTop = page.scrollHeight
  }, [text])
  return <Markdown text={text} />
}

function Places({ at, all, look }: NonNullable<AnswerProps['place']>) {
  const { ask } = words
  return (
    <span class="places">
      <button
        type="button"
        class="copy"
        aria-label={ask.earlier}
        disabled={at === 0}
        onClick={() => look(at - 1)}
      >
        ‹
      </button>
      <span>{ask.answerAt(at + 1, all)}</span>
      <button
        type="button"
        class="copy"
        aria-label={ask.later}
        disabled={at === all - 1}
        onClick={() => look(at + 1)}
      >
        ›
      </button>
    </span>
  )
}

function Again({ chat, busy }: { chat: string; busy: boolean }) {
  const retry = useAction('chat.retry')
  const again = async (): Promise<void> => {
    const draft = draftOf(chat)
    if (await retry.run({ chat, ...settingsIn(draft) })) draft.follows.value = null
  }
  return (
    <>
      <button type="button" class="copy" disabled={busy || retry.busy} onClick={() => void again()}>
        {words.ask.again}
      </button>
      {retry.trouble && <TroubleView trouble={retry.trouble} />}
    </>
  )
}
