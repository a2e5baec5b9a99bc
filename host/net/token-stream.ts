/** Streams the pieces of an answer from worker to poster. */
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { limits } from '../limits.ts'
import type { Message, TokensMessage } from '../types/message.ts'
import { decodeMessage, encodeMessage } from './frame.ts'
import { framing, resetStream } from './message-stream.ts'
import type { TokenStream } from './port.ts'

/** The protocol of answers, from worker to poster: any number of `tokens` messages, each a four-byte length and msgpack. */
export const streamProtocol = '/ripple/stream/1.0.0'

/** A stream and its framing. Each framing object listens to the stream until that ends, so there is one for each stream. */
interface Framed {
  readonly stream: Stream
  readonly frames: ReturnType<typeof lpStream>
}

/** The dependencies of an outgoing stream. */
export interface TokenStreamNeeds {
  /** Opens a connection to the poster; rejects if there is none. */
  connect(signal: AbortSignal): Promise<Connection>
  /** Sends one piece as a message of its own. */
  send(piece: TokensMessage, signal: AbortSignal): Promise<void>
  readonly signal: AbortSignal
}

/**
 * Outgoing pieces of one answer. All written text is kept: a stream that breaks loses the pieces in transit. The next
 * stream then begins with the whole text, and a receiver that has part of it takes the rest. Pieces that come faster than
 * they leave are merged into one. While no stream is available, pieces go as messages.
 */
export class OutgoingTokens implements TokenStream {
  readonly #needs: TokenStreamNeeds
  #open: Framed | null = null
  #streams = 0
  #newest: TokensMessage | null = null
  /** All written text, and its offset in the answer. */
  #text = ''
  #base = 0
  /** The length of the text that was sent, by the current stream or by messages. */
  #sent = 0
  #lastSent = false
  #pumping = false
  #ended = false
  /** Consecutive failed pieces since writing ended. */
  #failures = 0

  constructor(needs: TokenStreamNeeds) {
    this.#needs = needs
  }

  write(piece: TokensMessage): void {
    if (this.#newest === null) this.#base = piece.offset
    this.#text += piece.text
    this.#newest = piece
    void this.#pump()
  }

  end(): void {
    this.#ended = true
    void this.#pump()
  }

  /**
   * Sends the rest, one piece after the other. A piece that fails as a message too is tried again with the next write.
   * After the last write it is tried again at once, a few times.
   */
  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#unsent() && !this.#needs.signal.aborted) {
      const piece = this.#next()
      if (piece === null) break
      if (await this.#send(piece)) this.#failures = 0
      else if (!this.#mayTryAgain()) break
    }
    this.#pumping = false
    if (this.#ended && !this.#unsent()) await this.#close()
  }

  #mayTryAgain(): boolean {
    if (!this.#ended) return false
    this.#failures += 1
    return this.#failures <= limits.token_streams_tried_max
  }

  #unsent(): boolean {
    return this.#sent < this.#text.length || (this.#newest?.last === true && !this.#lastSent)
  }

  /** Returns the next piece: as much unsent text as one message may carry. */
  #next(): TokensMessage | null {
    if (this.#newest === null) return null
    const text = wholeCharacters(this.#text, this.#sent, limits.token_piece_chars_max)
    const whole = this.#sent + text.length === this.#text.length
    return { ...this.#newest, offset: this.#base + this.#sent, text, last: this.#newest.last && whole }
  }

  /** Sends a piece. True if it was sent, or if a stream broke and the whole text will be sent again. */
  async #send(piece: TokensMessage): Promise<boolean> {
    const deadline = AbortSignal.any([this.#needs.signal, AbortSignal.timeout(limits.token_send_ms)])
    const open = this.#open ?? (await this.#connect(deadline))
    try {
      if (open === null) await this.#needs.send(piece, deadline)
      else await open.frames.write(encodeMessage(piece), { signal: deadline })
    } catch {
      this.#drop()
      return open !== null
    }
    this.#sent = piece.offset - this.#base + piece.text.length
    this.#lastSent = piece.last
    return true
  }

  async #connect(signal: AbortSignal): Promise<Framed | null> {
    if (this.#streams >= limits.token_streams_tried_max) return null
    this.#streams += 1
    try {
      const brief = AbortSignal.any([signal, AbortSignal.timeout(limits.message_word_ms)])
      const connection = await this.#needs.connect(brief)
      const stream = await connection.newStream(streamProtocol, {
        signal: brief,
        maxOutboundStreams: limits.peer_streams_max,
        runOnLimitedConnection: true,
      })
      this.#open = { stream, frames: lpStream(stream, framing) }
    } catch {
      this.#open = null
    }
    return this.#open
  }

  /** Drops a broken stream. Its pieces in transit may be lost, so the whole text is sent again. */
  #drop(): void {
    if (this.#open === null) return
    resetStream(this.#open.stream)
    this.#open = null
    this.#sent = 0
    this.#lastSent = false
  }

  /**
   * Ends the stream in both directions. Otherwise a reader that never ends its own direction would keep the stream here for
   * good.
   */
  async #close(): Promise<void> {
    const stream = this.#open?.stream
    this.#open = null
    if (!stream) return
    try {
      await stream.close({ signal: AbortSignal.timeout(limits.token_send_ms) })
      await closed(stream, AbortSignal.timeout(limits.token_stream_idle_ms))
    } catch {
      resetStream(stream)
    }
  }
}

/** Resolves when the other side has ended the stream too. */
function closed(stream: Stream, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (stream.status !== 'open' && stream.status !== 'closing') resolve()
  stream.addEventListener('close', () => resolve(), { once: true, signal })
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/**
 * Returns at most `most` units of a text from `from` on. It returns one less if the cut would tear a character in two,
 * because a half is not text.
 */
function wholeCharacters(text: string, from: number, most: number): string {
  const piece = text.slice(from, from + most)
  return piece.length === most && !piece.isWellFormed() ? piece.slice(0, -1) : piece
}

/**
 * Reads the pieces of one answer until its worker ends the stream. Resets the stream for anything else, for a piece that
 * `take` refuses, and if no piece comes for `limits.token_stream_idle_ms`.
 */
export async function readTokens(
  stream: Stream,
  take: (message: Message) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const frames = lpStream(stream, { ...framing, maxDataLength: limits.token_frame_bytes_max })
  try {
    for (;;) {
      const idle = AbortSignal.any([signal, AbortSignal.timeout(limits.token_stream_idle_ms)])
      const frame = await frames.read({ signal: idle })
      const message = decodeMessage(frame.subarray())
      if (message?.type !== 'tokens' || !take(message)) break
    }
  } catch {
    // The stream has ended, for any reason. Its pieces count, and the output brings the rest.
  }
  resetStream(stream)
}
