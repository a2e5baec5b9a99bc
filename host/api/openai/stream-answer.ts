/** Streams an answer in pieces, in the form of its API. */
import type { FastifyReply } from 'fastify'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { answerHeaders } from './answer-head.ts'
import type { Dialect } from './dialect.ts'
import { EventStream } from './event-stream.ts'

/** The events of one kind of answer. */
export interface Frames {
  /** Returns the readable text that a piece adds. */
  read(piece: string): string
  /** Returns the events before all text. */
  begin(): readonly object[]
  text(text: string): readonly object[]
  /** The event that keeps an idle stream open; left out: that of the dialect. */
  readonly ping?: object
  /** Returns the readable text of the whole answer. Throws `RIPPLE_ANSWER_INVALID`. */
  whole(end: AnswerEnd): string
  /** Returns the events after all text; the last one names the receipt. */
  end(end: AnswerEnd): readonly object[]
  /** Returns the events of a failure after the head; left out: an `error` event in the API's form. */
  failed?(error: RippleError): readonly object[]
}

/** An answer to be streamed, and its client. */
export interface Streamed {
  readonly answer: Answer
  readonly frames: Frames
  readonly dialect: Dialect
  readonly reply: FastifyReply
  /** Path of the route, for errors. */
  readonly route: string
  /** Whether the client wants the head at once, to know the task's name while it waits. */
  readonly earlyHead: boolean
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  /** Called with an error, unless the client has left. */
  onError(error: RippleError): void
}

/**
 * Streams an answer as its dialect has events, no faster than the client reads them. Unread pieces stay with the answer, which is
 * bounded. The head waits for the first event, unless the client wants it at once. Rejects with a failure before the head, which
 * the caller answers as an HTTP error. A later failure is an error in the stream, or the API's own events, and the end of the stream.
 */
export async function streamAnswer(streamed: Streamed): Promise<void> {
  const { answer, frames, dialect, reply, route, signal, onError } = streamed
  const { ping = dialect.ping } = frames
  using events = new EventStream(reply, answerHeaders(answer), { ...dialect, ping }, signal)
  try {
    await writeAnswer(streamed, events)
    events.done()
  } catch (thrown) {
    if (!events.isOpen) throw thrown
    if (events.isGone) return
    const error = toRippleError(thrown)
    if (frames.failed) events.last(frames.failed(error))
    else events.fail(dialect.error(error, route).body)
    onError(error)
  }
}

async function writeAnswer({ answer, frames, earlyHead }: Streamed, events: EventStream): Promise<void> {
  const begin = async (): Promise<void> => {
    events.open()
    for (const event of frames.begin()) await events.send(event)
  }
  // Some events are numbered, so those before all text are made first.
  const send = async (made: () => readonly object[]): Promise<void> => {
    if (!events.isOpen) await begin()
    for (const event of made()) await events.send(event)
  }
  // The pieces reject at the point of failure, so the rejection of `end` is ignored.
  answer.end.catch(() => {})
  if (earlyHead) await begin()
  const text = wholeCharacters()
  let sent = ''
  const sendText = async (piece: string): Promise<void> => {
    const whole = text(piece)
    if (whole !== '') await send(() => frames.text(whole))
    sent += piece
  }
  for await (const piece of answer.pieces) {
    if (piece.type === 'text') await sendText(frames.read(piece.text))
    else if (events.isOpen) events.comment('another peer continues the answer')
  }
  const end = await answer.end
  const said = frames.whole(end)
  if (!said.startsWith(sent))
    throw new RippleError('RIPPLE_ANSWER_INVALID', {
      model: end.model,
      detail: 'it is not what was streamed',
    })
  await sendText(said.slice(sent.length))
  await send(() => frames.end(end))
}

/** Holds back the first half of a surrogate pair until the second arrives: half a pair is not text. */
function wholeCharacters(): (piece: string) => string {
  let half = ''
  return (piece) => {
    const text = half + piece
    half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
    return half === '' ? text : text.slice(0, -1)
  }
}
