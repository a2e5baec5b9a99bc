/** Asks a model for the page, and follows the answer. */
import type { ChatEvent } from '../../../api/openai/chat-answer.ts'
import type { ErrorBody } from '../../../errors/ripple-error.ts'
import { pageLimits } from '../../../limits/page.ts'
import { requestEvent } from '../../../telemetry/request-event.ts'
import { earlyHead } from '../../../types/early-head.ts'
import { refusalOf, send } from '../../daemon/call.ts'
import { pageRefusal, troubleOf } from '../../daemon/refusal.ts'
import { piecesOf, serverEvents } from '../../daemon/server-events.ts'
import { apply, asked, type Exchange, type ExchangeInput } from './exchange.ts'

/** A person's question. */
export interface Question {
  readonly model: string
  readonly prompt: string
  /** Empty for none. */
  readonly system: string
  /** Null for the daemon's default. */
  readonly temperature: number | null
  readonly max_tokens: number | null
}

/** The last event of a stream in OpenAI's format. */
const LAST = '[DONE]'
/** The possible last steps of a task. */
const closed = new Set(['accepted', 'failed', 'cancelled', 'expired'])

/**
 * Asks, and reports progress until the answer is whole and its task's last step is known. It never rejects: errors are reported
 * too. The signal stops the answer, and the daemon then stops the run.
 */
export async function ask(
  question: Question,
  key: string,
  tell: (exchange: Exchange) => void,
  signal: AbortSignal,
): Promise<void> {
  let exchange = asked(question.model, performance.now())
  const happens = (input: ExchangeInput): void => {
    exchange = apply(exchange, input, performance.now())
    tell(exchange)
  }
  tell(exchange)
  const following = new AbortController()
  let steps: Promise<void> = Promise.resolve()
  try {
    // The head names the task, so its steps can be shown before the answer begins.
    const headers = { [earlyHead.name]: earlyHead.value }
    const answer = await send({ path: '/v1/chat/completions', key, headers, body: bodyOf(question) }, signal)
    const id = answer.headers.get('x-ripple-task')
    if (id !== null) {
      happens({ type: 'named', id })
      steps = follow(id, key, happens, following.signal)
    }
    await readAnswer(answer, happens)
    happens({ type: 'ended' })
  } catch (thrown) {
    if (signal.aborted) happens({ type: 'stopped' })
    else happens({ type: 'failed', trouble: troubleOf(thrown) })
  }
  const late = setTimeout(() => following.abort(), pageLimits.page_follow_ms)
  await steps
  clearTimeout(late)
}

function bodyOf(question: Question): object {
  const { model, prompt, system, temperature, max_tokens } = question
  return {
    model,
    messages: [
      ...(system === '' ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: prompt },
    ],
    ...(temperature === null ? {} : { temperature }),
    ...(max_tokens === null ? {} : { max_tokens }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

async function readAnswer(answer: Response, happens: (input: ExchangeInput) => void): Promise<void> {
  for await (const data of serverEvents(piecesOf(answer))) {
    if (data === LAST) return
    const event: ChatEvent | ErrorBody = parse(data)
    if ('error' in event) throw refusalOf(event, 0)
    happens({ type: 'piece', event })
  }
  throw pageRefusal('RIPPLE_PAGE_CUT_OFF')
}

/** Follows a task to its last step. If the stream breaks, only the steps are missing. */
async function follow(
  id: string,
  key: string,
  happens: (input: ExchangeInput) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const answer = await send({ path: '/api/events?kinds=tasks', key }, signal)
    for await (const data of serverEvents(piecesOf(answer))) {
      const { success, data: event } = requestEvent.safeParse(parse(data))
      if (!success || event.task_key !== id) continue
      happens({ type: 'step', event })
      if (event.type === 'task_state' && closed.has(event.state)) return
    }
  } catch {
    // The answer comes by its own stream, which reports errors.
  }
}

function parse(data: string) {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw pageRefusal('RIPPLE_PAGE_UNREADABLE', 'a piece is not JSON', cause)
  }
}
