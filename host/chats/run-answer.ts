/** Runs one answer of a chat to its end, and reports its text as it arrives. */
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type Ask, type Inference, receiptsOf } from '../types/answer.ts'
import type { ChatAnswer, ChatSettings, ChatTurn } from '../types/chat.ts'
import type { Clock } from '../types/clock.ts'
import type { ChatMessage } from '../types/inference.ts'
import type { Principal } from '../types/principal.ts'

/** The parts of the daemon that run an answer. */
export interface RunNeeds {
  readonly inference: Pick<Inference, 'ask'>
  readonly clock: Pick<Clock, 'now'>
}

/** Hears of an answer that is under way. */
export interface RunReader {
  /** The answer has changed in another way than by a piece of text. */
  changed(answer: ChatAnswer): void
  /** A piece of text arrived, which begins at this place of the text. */
  piece(answer: ChatAnswer, offset: number, text: string): void
}

/** Returns a new answer, before it is asked. */
export function newAnswer(id: string, at: number, settings: ChatSettings): ChatAnswer {
  return {
    ...{ id, at, state: 'running', text: '', settings, task_key: null, trace_id: null },
    ...{ first_ms: null, text_ms: null, end: null, error: null },
  }
}

/** Asks, and resolves to the answer as it ended. It never rejects: a failure is a state of the answer. */
export async function runAnswer(
  { inference, clock }: RunNeeds,
  begun: ChatAnswer,
  ask: Ask,
  reader: RunReader,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  let answer = begun
  try {
    const { id: task_key, trace_id, pieces, end } = await inference.ask(ask, signal)
    // The pieces reject as the end does.
    end.catch(() => {})
    answer = { ...answer, task_key, trace_id }
    reader.changed(answer)
    for await (const piece of pieces) {
      if (piece.type !== 'text' || piece.text === '') continue
      const offset = answer.text.length
      const text = piece.text.slice(0, limits.chat_answer_chars_max - offset)
      const first_ms = answer.first_ms ?? Math.round(clock.now() - answer.at)
      const text_ms = Math.max(0, Math.round(clock.now() - answer.at) - first_ms)
      answer = { ...answer, text: answer.text + text, first_ms, text_ms }
      reader.piece(answer, offset, text)
    }
    const { text, finish, usage, model, route, peer, task, why, ...rest } = await end
    const origin = { finish, usage, model, route, peer, task, why, receipts: receiptsOf(rest) }
    return { ...answer, state: 'done', text: text.slice(0, limits.chat_answer_chars_max), end: origin }
  } catch (thrown) {
    if (signal.aborted) return { ...answer, state: signal.reason === daemonEnds ? 'cut_off' : 'stopped' }
    const { code, message, hint } = toRippleError(thrown)
    return { ...answer, state: 'failed', error: { code, message, hint } }
  }
}

/** The reason of a signal that ends answers because the daemon ends. */
export const daemonEnds = Symbol('the daemon ends')

/** Returns what a model is asked for the last of some turns: the chat so far, each message with the answer that it follows. */
export function askOf(turns: readonly ChatTurn[], settings: ChatSettings, principal: Principal): Ask {
  const { model, system, temperature, max_tokens, seed, data_class } = settings
  return {
    input: { type: 'chat', messages: messagesOf(turns, system), tools: [], tool_choice: 'none' },
    ...{ model, max_tokens, seed, data_class, principal, key: null, trace_id: null },
    ...{ format: { type: 'text' }, stop: [], penalties: { frequency_milli: 0, presence_milli: 0 } },
    ...{ temperature_milli: Math.round(temperature * 1_000), top_p_milli: 1_000, top_k: 0 },
  }
}

function messagesOf(turns: readonly ChatTurn[], system: string): ChatMessage[] {
  const answers = new Map(turns.flatMap((turn) => turn.answers.map((one) => [one.id, one.text])))
  const said = turns.flatMap(({ text, follows }) => {
    const before = follows === null ? '' : (answers.get(follows) ?? '')
    return [...(before === '' ? [] : [message('assistant', before)]), message('user', text)]
  })
  return [...(system === '' ? [] : [message('system', system)]), ...said]
}

function message(role: ChatMessage['role'], content: string): ChatMessage {
  return { role, content, tool_calls: [], tool_call_id: null }
}
