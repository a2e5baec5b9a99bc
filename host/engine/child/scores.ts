/** Computes the log probabilities of tokens, and writes them with the answer as one JSON document. */
import type { ControlledEvaluateIndexOutput, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import type { ScoredToken } from '../../types/scored-answer.ts'
import type { Seat } from './contexts.ts'
import type { RunRequest } from './messages.ts'
import type { Listener } from './run.ts'
import { TextStream } from './text-stream.ts'

/** Decimal places of a log probability: beyond them, 32-bit logits differ by the batch. */
const DECIMALS = 5

/** The parts of a run that scoring uses. */
export interface Scoring {
  readonly sequence: LlamaContextSequence
  readonly prompt: readonly Token[]
  readonly seat: Seat
  readonly listener: Listener
  readonly signal: AbortSignal
}

/**
 * Writes the answer of a scored run, as `types/scored-answer.ts` describes it: first the prompt's scores, then the text as it
 * comes, then the answer's scores. Each piece is passed on at once, so the poster sees that the run goes on. Scores are those
 * of the model itself: temperature, bias and penalties do not change them.
 */
export class ScoreWriter {
  readonly #asked: NonNullable<RunRequest['logprobs']>
  readonly #run: Scoring
  readonly #model: LlamaModel
  #count = 0
  /** The length of the answer's text, in UTF-16 units. */
  #chars = 0

  constructor(asked: NonNullable<RunRequest['logprobs']>, run: Scoring) {
    this.#asked = asked
    this.#run = run
    this.#model = run.seat.context.model
  }

  /** Reads and scores all of the prompt except its last token, and returns that token. */
  async readPrompt(): Promise<Token[]> {
    const { prompt } = this.#run
    const [first, ...texts] = textsOf(this.#model, [], prompt)
    this.#write(`{"prompt":[${JSON.stringify([first, null, []])}`)
    await this.#score(prompt, texts, true)
    this.#write('],"text":"')
    return prompt.slice(-1)
  }

  /** Begins the document of an answer whose prompt is not scored. */
  beginText(): void {
    this.#write('{"prompt":[],"text":"')
  }

  /** Passes on a piece of the text. */
  readonly onText = (text: string, tokens: number): void => {
    this.#count = tokens
    this.#chars += text.length
    this.#write(JSON.stringify(text).slice(1, -1))
  }

  /**
   * Scores the generated tokens, the one that ended the answer included. The sequence reads them a second time, because the
   * logits of a sampled token are those after sampling. Tokens after a stop word are left out.
   */
  async end(tokens: readonly Token[]): Promise<void> {
    const { prompt, sequence } = this.#run
    this.#write('","answer":[')
    const texts = textsOf(this.#model, prompt, tokens)
    let chars = 0
    const past = texts.findIndex((text) => {
      const isPast = chars >= this.#chars && text !== ''
      chars += text.length
      return isPast
    })
    const most = past < 0 ? tokens.length : past
    const start = prompt.length - 1
    await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }])
    await this.#score([...prompt.slice(-1), ...tokens.slice(0, most)], texts.slice(0, most), false)
    this.#write(']}')
  }

  /** Reads all tokens except the last, and writes the score of each next one with its text in `texts`. */
  async #score(tokens: readonly Token[], texts: readonly string[], isPrompt: boolean): Promise<void> {
    const { sequence, seat, listener, signal } = this.#run
    let from = 0
    while (from < tokens.length - 1) {
      await seat.steps.next()
      signal.throwIfAborted()
      const size = Math.min(
        limits.scored_tokens_at_once,
        seat.pace.tokens(seat.context.batchSize, seat.steps.others),
      )
      const to = Math.min(from + size, tokens.length - 1)
      const begun = performance.now()
      const read = tokens.slice(from, to)
      const scores = await this.#evaluate(sequence, read, tokens.slice(from + 1, to + 1))
      const entries = scores.map((score, at) => JSON.stringify([texts[from + at], ...score]))
      this.#write((isPrompt || from > 0 ? ',' : '') + entries.join(','))
      seat.pace.took(to - from, performance.now() - begun)
      from = to
      if (isPrompt) listener.onRead(from)
    }
  }

  async #evaluate(
    sequence: LlamaContextSequence,
    read: Token[],
    next: readonly Token[],
  ): Promise<(readonly [number, ScoredToken[2]])[]> {
    const includeTop = Math.max(1, this.#asked.top)
    const given = await sequence.controlledEvaluate(
      read.map((token, at) => {
        const filter = { tokens: next.slice(at, at + 1), includeMax: true, includeTop }
        const options = { temperature: 0 }
        return [token, { generateNext: { logits: { filter }, totalLogitWeight: true, options } }]
      }),
    )
    return next.map((token, at) => this.#scoreOf(given[at], token))
  }

  #scoreOf(
    given: ControlledEvaluateIndexOutput | undefined,
    token: Token,
  ): readonly [number, ScoredToken[2]] {
    const { logits = new Map<Token, number>(), totalLogitWeight = 1 } = given?.next ?? {}
    const ranked = [...logits].sort(([, one], [, two]) => two - one)
    const max = ranked[0]?.[1] ?? 0
    const logprob = (logit: number): number => {
      const exact = logit - max - Math.log(totalLogitWeight)
      return Math.max(limits.logprob_min, Math.min(0, Number(exact.toFixed(DECIMALS))))
    }
    const top = ranked.slice(0, this.#asked.top)
    return [
      logprob(logits.get(token) ?? Number.NEGATIVE_INFINITY),
      top.map(([one, logit]) => [this.#model.detokenize([one], true), logprob(logit)]),
    ]
  }

  #write(text: string): void {
    this.#run.listener.onText(text, this.#count)
  }
}

/** Returns the text that each token adds; a character that spans tokens counts to its last one. */
function textsOf(model: LlamaModel, before: readonly Token[], tokens: readonly Token[]): string[] {
  const stream = new TextStream(model, before)
  const texts = tokens.map((token) => stream.push(token))
  return texts.map((text, at) => (at === texts.length - 1 ? text + stream.end() : text))
}
