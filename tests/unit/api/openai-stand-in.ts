import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import type { Context } from '../../../host/operations/context.ts'
import type { Answer, AnswerEnd, AnswerPiece, Ask, Inference, MeshModel } from '../../../host/types/answer.ts'
import { listeningApi, token } from './stub-api.ts'

export const meshModels: readonly MeshModel[] = [
  {
    name: 'SmolLM2-135M-Instruct',
    digest: 'ab'.repeat(32),
    context_tokens: 8_192,
    owned_by: 'mesh',
    at: [{ agent: 'uhCAkone', name: 'nas', loaded: true }],
  },
  {
    name: 'peer:uhCAkone/SmolLM2-135M-Instruct',
    digest: 'ab'.repeat(32),
    context_tokens: 8_192,
    owned_by: 'mesh',
    at: [],
  },
  { name: 'ripple/auto', digest: null, context_tokens: null, owned_by: 'ripple', at: [] },
  { name: 'upstream:lan/gpt 4?', digest: null, context_tokens: null, owned_by: 'upstream', at: [] },
]

/** How an answer of the stand-in ends, where a test does not say otherwise. */
export const usualEnd: AnswerEnd = {
  text: 'Hello world',
  finish: 'stop',
  usage: { tokens_in: 7, tokens_out: 2 },
  model: 'SmolLM2-135M-Instruct',
  model_digest: 'ab'.repeat(32),
  route: 'mesh',
  peer: 'uhCAkone',
  task: 'uhCkktask',
  receipt: '/receipts/uhCkktask.receipt',
  why: 'nas has the model loaded',
}

/** The script of a stand-in's answer. */
export interface Told {
  readonly pieces?: (signal: AbortSignal) => AsyncIterable<AnswerPiece>
  readonly end?: Partial<AnswerEnd>
}

/** A stand-in for the inference plane: it answers what a test tells it, and keeps what it was asked. */
export class StandInInference implements Inference {
  readonly asked: Ask[] = []
  readonly signals: AbortSignal[] = []
  readonly #tell: (ask: Ask) => Told

  /** `tell` may throw what asking rejects with. */
  constructor(tell: (ask: Ask) => Told = () => ({})) {
    this.#tell = tell
  }

  models(): readonly MeshModel[] {
    return meshModels
  }

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    this.asked.push(ask)
    this.signals.push(signal)
    const { pieces = () => inPieces('Hello', ' world'), end = {} } = this.#tell(ask)
    const ended = Promise.withResolvers<AnswerEnd>()
    ended.promise.catch(() => {})
    const given = following(pieces(signal), { ...usualEnd, ...end }, ended)
    let isRead = false
    // A caller for the whole answer reads no pieces, and the answer ends all the same.
    setImmediate(() => {
      if (!isRead) void readAll(given)
    })
    return {
      id: ask.key ?? 'task-0123456789abcdef',
      trace_id: ask.trace_id ?? 'trace-1',
      created_at: 1_700_000_000_123,
      pieces: {
        [Symbol.asyncIterator]: () => {
          isRead = true
          return given
        },
      },
      end: ended.promise,
    }
  }
}

/** Gives the pieces on, and ends the answer as they end. */
async function* following(
  pieces: AsyncIterable<AnswerPiece>,
  end: AnswerEnd,
  ended: PromiseWithResolvers<AnswerEnd>,
): AsyncGenerator<AnswerPiece> {
  try {
    yield* pieces
    ended.resolve(end)
  } catch (thrown) {
    ended.reject(thrown)
    throw thrown
  }
}

async function readAll(pieces: AsyncIterable<AnswerPiece>): Promise<void> {
  try {
    for await (const _piece of pieces);
  } catch {
    // An error is reported by the answer's end.
  }
}

/** Pieces of text, one after the other. */
export async function* inPieces(...texts: readonly string[]): AsyncGenerator<AnswerPiece> {
  for (const text of texts) yield { type: 'text', text }
}

/** A piece, and then nothing until the signal ends it. */
export async function* untilAborted(signal: AbortSignal, text = 'Hello'): AsyncGenerator<AnswerPiece> {
  yield { type: 'text', text }
  await new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** An API over a stand-in, listening on a real port of loopback. */
export interface Served {
  readonly url: string
  readonly port: number
  readonly client: OpenAI
  readonly inference: StandInInference
  /** Stops the daemon, as far as requests see it. */
  readonly stop: AbortController
}

export async function serve(
  inference = new StandInInference(),
  given: Partial<Context> = {},
): Promise<Served> {
  const stop = new AbortController()
  const { app, port, url } = await listeningApi({ ...given, inference }, { signal: stop.signal })
  onTestFinished(() => app.close())
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
  return { url, port, client, inference, stop }
}

/** Returns the extra fields of an answer, next to OpenAI's. */
export function rippleIn(answer: object | undefined): unknown {
  return (answer as { ripple?: unknown } | undefined)?.ripple
}
