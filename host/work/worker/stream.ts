/** Streams generated text to the poster. */
import type { Held } from '../../mesh/state/held.ts'
import type { TokenStream } from '../../net/port.ts'
import type { Message } from '../../types/message.ts'
import type { WorkerContext } from '../context/context.ts'

/** The generated text of one run on its way to the poster. */
export interface TextStream {
  /** Reports that the run has begun and that so many tokens of the prompt are read. */
  read(tokens: number): void
  push(text: string, tokensOut: number): void
  /** Passes the rest on; nothing is pushed after it. */
  end(): void
  /** Ends the stream without a last piece, because the run failed. */
  cut(): void
}

/**
 * Passes generated text on to the poster: the first piece at once, the others no more often than the bound allows. The
 * state is updated as often as a lease is renewed, because it counts only tokens. Nobody follows a stand-in's text,
 * because its poster is away.
 */
export function streamText(held: Held, context: WorkerContext): TextStream {
  const { clock, messages } = context.needs
  const { task, attempt, grant, poster } = held
  const stream: TokenStream | null = held.fallback
    ? null
    : poster === context.needs.dht.agent
      ? direct(poster, context)
      : messages.stream(poster, context.signal)
  let pending = ''
  let offset = held.prefix.length
  let tokens_in = 0
  let tokens = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = () => {
    toldAt = clock.now()
    context.dispatch({ type: 'run_progressed', grant, tokens_in, tokens_out: tokens })
  }
  const flush = (last: boolean) => {
    if (pending === '' && !last) return
    sentAt = clock.now()
    stream?.write({ type: 'tokens', task, attempt, offset, text: pending, tokens_out: tokens, last })
    offset += pending.length
    pending = ''
  }
  return {
    read: (readSoFar) => {
      tokens_in = readSoFar
      if (clock.now() - toldAt >= context.bounds.tokens_told_ms) tell()
    },
    push: (text, tokensOut) => {
      pending += text
      tokens = tokensOut
      context.failpoint('run.mid')
      const now = clock.now()
      if (now - sentAt >= context.bounds.tokens_every_ms) flush(false)
      if (now - toldAt >= context.bounds.tokens_told_ms) tell()
    },
    end: () => {
      flush(true)
      tell()
      stream?.end()
    },
    cut: () => stream?.end(),
  }
}

/** Returns a stream to this machine itself, which needs no connection. */
function direct(self: string, context: WorkerContext): TokenStream {
  return { write: (message: Message) => void context.send(self, message), end: () => undefined }
}
