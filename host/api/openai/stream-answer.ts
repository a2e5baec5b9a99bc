import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { answerHeaders } from './answer-head.ts'
import { openaiError } from './error.ts'

/** How the parts of one kind of answer look on the wire. */
export interface Frames {
  /** The readable text that a piece adds. */
  read(piece: string): string
  /** What goes before all text. */
  begin(): object | null
  text(text: string): object
  /** All readable text of the whole answer. Throws `RIPPLE_ANSWER_INVALID`. */
  whole(end: AnswerEnd): string
  /** What goes after all text; the last of them names the receipt. */
  end(end: AnswerEnd): readonly object[]
}

/** What is streamed, and to whom. */
export interface Streamed {
  readonly answer: Answer
  readonly frames: Frames
  readonly reply: FastifyReply
  /** Path of the route, for the words of an error. */
  readonly route: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  /** Called with what went wrong, unless it is that the client has gone. */
  onError(error: RippleError): void
}

/**
 * Streams an answer as server-sent events, as OpenAI's clients read them, no faster than the client takes them: what it has yet
 * to take stays with the answer, which is bounded. A client that takes nothing for `limits.reader_stall_ms` is cut off, which
 * ends the run. What goes wrong in the middle is an `error` event, and the end of the stream.
 */
export async function streamAnswer(streamed: Streamed): Promise<void> {
  const { answer, reply, route, onError } = streamed
  reply.hijack()
  const out = reply.raw
  out.setTimeout(limits.reader_stall_ms)
  out.writeHead(200, {
    ...answerHeaders(answer),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  out.flushHeaders()
  const ping = setInterval(() => {
    // Nothing is added to what the client does not take, or has yet to take.
    if (out.writableLength === 0) out.write(': ping\n\n')
  }, limits.event_ping_ms)
  try {
    await writeAnswer(streamed, out)
    out.write('data: [DONE]\n\n')
  } catch (thrown) {
    if (out.destroyed) return
    const error = toRippleError(thrown)
    out.write(`event: error\ndata: ${JSON.stringify(openaiError(error, route).body)}\n\n`)
    onError(error)
  } finally {
    clearInterval(ping)
    out.end()
  }
}

async function writeAnswer({ answer, frames, signal }: Streamed, out: ServerResponse): Promise<void> {
  const send = async (event: object): Promise<void> => {
    signal.throwIfAborted()
    if (!out.write(`data: ${JSON.stringify(event)}\n\n`)) await once(out, 'drain', { signal })
  }
  // Where the pieces break off, that is told by their own rejection.
  answer.end.catch(() => {})
  const first = frames.begin()
  if (first) await send(first)
  const text = wholeCharacters()
  let sent = ''
  const sendText = async (piece: string): Promise<void> => {
    const whole = text(piece)
    if (whole !== '') await send(frames.text(whole))
    sent += piece
  }
  for await (const piece of answer.pieces) {
    if (piece.type === 'seam') out.write(': another peer goes on with the answer\n\n')
    else await sendText(frames.read(piece.text))
  }
  const end = await answer.end
  const said = frames.whole(end)
  if (!said.startsWith(sent))
    throw new RippleError('RIPPLE_ANSWER_INVALID', {
      model: end.model,
      detail: 'it is not what was streamed',
    })
  await sendText(said.slice(sent.length))
  for (const event of frames.end(end)) await send(event)
}

/** Holds back the first half of a character until the second is here: alone it is no text. */
function wholeCharacters(): (piece: string) => string {
  let half = ''
  return (piece) => {
    const text = half + piece
    half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
    return half === '' ? text : text.slice(0, -1)
  }
}
