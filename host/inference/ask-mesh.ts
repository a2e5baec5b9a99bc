/** Follows the task of an ask, and joins the texts of its attempts into one answer. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view/view.ts'
import type { AnswerEnd } from '../types/answer.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import { taskWaitMs } from '../types/task-wait.ts'
import { callableTools, contentReader } from '../types/tool-answer.ts'
import { withDeadline } from '../work/context/deadline.ts'
import type { WorkEvent } from '../work/context/watchers.ts'
import type { Work } from '../work/work.ts'
import { failureOf, faultOf, keySpent } from './failure.ts'
import type { KnownModel } from './names.ts'
import type { PieceQueue } from './piece-queue.ts'

/** The parts of the daemon that follow a task. */
export interface FollowNeeds {
  readonly work: Pick<Work, 'events' | 'textOf' | 'show' | 'refusedHere'>
  readonly self: AgentKey
  readonly clock: AlarmClock
  /** Returns the answer of an accepted own task. */
  answerOf(view: TaskView, signal: AbortSignal): Promise<TaskAnswer>
}

/** The answer of a task. */
export interface TaskAnswer {
  /** Null for a task that has none, and if its epoch was left and no receipt reveals it. */
  readonly text: string | null
  /** Path of its receipt; null without one. */
  readonly receipt: string | null
}

/** The times of an ask's task. */
export const askTimes = { deadlines_ms: limits.ask_deadlines_ms, lease_ms: limits.lease_ms } as const

/** A question to the mesh. */
export interface MeshAsk {
  readonly model: KnownModel
  readonly payload: InferencePayload
  /** Whether the client named a key for its task. */
  readonly keyed: boolean
  readonly why: string
}

/**
 * Follows a task that was just posted to its end, and passes its answer on piece by piece. It is one answer, even if several
 * workers wrote it. The assembler has the text that was shown before.
 *
 * Rejects as `faultOf` if a worker reports a fault of the ask, as `failureOf` if the task has no answer, and with the signal's
 * reason. Rejects with `RIPPLE_ANSWER_INVALID` if the accepted answer does not begin with the streamed text, and with
 * `RIPPLE_ANSWER_KEY_SPENT` if nothing reveals it any more. Rejects with `RIPPLE_TIMEOUT` if the answer is long overdue, because a conductor that hangs writes no Close.
 */
export async function followTask(
  needs: FollowNeeds,
  posted: TaskView,
  assembler: AnswerAssembler,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const { work, clock } = needs
  const off = work.events((event) => assembler.take(event))
  try {
    return await withDeadline(clock, taskWaitMs(askTimes), 'the task', signal, async (ending) => {
      assembler.begin(posted.task)
      const view = await work.show(posted.task)
      assembler.join(work.textOf(posted.task), view)
      const closed = await assembler.closed
      if (closed.state !== 'accepted') throw failureOf(closed, assembler.ask, work.refusedHere(closed.task))
      return await endOf(needs, closed, assembler, ending)
    })
  } finally {
    off()
  }
}

/** Withdraws a task whose answer has no reader. The chain shows whether that was in time. */
export function withdraw(work: Pick<Work, 'cancel'>, task: ActionHash): void {
  work.cancel(task, AbortSignal.timeout(limits.task_close_ms)).catch(() => undefined)
}

async function endOf(
  needs: FollowNeeds,
  view: TaskView,
  assembler: AnswerAssembler,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const { model, payload, why } = assembler.ask
  const { text, receipt } = await needs.answerOf(view, signal)
  if (text === null)
    throw keySpent(view, assembler.ask, 'its epoch was left, and no receipt reveals the answer')
  assembler.finish(text)
  const { tokens_in = 0, tokens_out = 0 } = view.usage ?? {}
  const { max_tokens, context_tokens } = payload.parameters
  // A worker that continues a text splits it into tokens again, and may count one less than were generated before the seam.
  const generated = Math.min(max_tokens, assembler.tokensBefore + tokens_out)
  const full = generated >= max_tokens || tokens_in + tokens_out >= context_tokens
  return {
    text,
    finish: full && payload.input.type !== 'embed' ? 'length' : 'stop',
    // A worker that continues a text reads it after the prompt. Generated tokens are counted once.
    usage: { tokens_in: Math.max(0, tokens_in - assembler.tokensBefore), tokens_out: generated },
    model: model.name,
    model_digest: model.digest,
    route: view.worker === needs.self ? 'local' : 'mesh',
    peer: view.worker,
    task: view.task,
    receipt,
    why,
  }
}

/** The part of an answer that has arrived so far. */
export class AnswerAssembler {
  readonly ask: MeshAsk
  readonly pieces: PieceQueue
  readonly closed: Promise<TaskView>
  /** Tokens of earlier attempts whose text the current one continues. */
  tokensBefore = 0
  readonly #self: AgentKey
  readonly #end = Promise.withResolvers<TaskView>()
  /** Its task, once that is committed. */
  #task: string | null = null
  #text = ''
  #tokens = 0
  /** Text that adds no words so far: a tool call, or the beginning of a document. */
  #unsaid = ''
  /** Returns the words of each piece. */
  #says: (piece: string) => string
  #worker: AgentKey | null = null
  #attempt = 0

  constructor(ask: MeshAsk, pieces: PieceQueue, self: AgentKey) {
    this.#self = self
    this.ask = ask
    this.pieces = pieces
    this.closed = this.#end.promise
    this.closed.catch(() => undefined)
    this.#says = this.#contentReader()
  }

  /** Shows the next text of an answer that began before its task was committed. */
  show(text: string): void {
    this.#add(this.#text.length, text)
  }

  /** Begins with the committed task. */
  begin(task: string): void {
    this.#task = task
  }

  /** Adds how its task stands, and the text that arrived before anybody listened. */
  join(text: string, view: TaskView): void {
    // If the run began here and the task was granted elsewhere, the text from here is taken back before the other text is added.
    this.#changed(view)
    this.#add(0, text)
  }

  take(event: WorkEvent): void {
    if (event.type === 'task') {
      if (event.view.task === this.#task) this.#changed(event.view)
    } else if (event.task === this.#task) {
      this.#add(event.offset, event.text)
      this.#tokens = event.tokens_out
    }
  }

  fail(thrown: unknown): void {
    this.#end.reject(thrown)
  }

  /** Ends with the whole answer, and adds the text that was not streamed. Throws `RIPPLE_ANSWER_INVALID`. */
  finish(text: string): void {
    if (!text.startsWith(this.#text)) throw this.#otherText()
    this.#add(0, text)
    this.pieces.end()
  }

  #changed(view: TaskView): void {
    const fault = faultOf(view, this.ask, this.#self)
    if (fault) {
      this.fail(fault)
      return
    }
    for (const one of view.attempts) if (one.attempt > this.#attempt) this.#granted(one)
    if (view.close !== null) this.#end.resolve(view)
  }

  /**
   * Begins an attempt. Shown text is taken back if this attempt starts from the beginning, or continues without rejected text.
   * The same holds for a run that began here if another worker got the grant. Text that the reader has stays: it must come again.
   */
  #granted({ attempt, worker, reason, prefix_digest }: TaskView['attempts'][number]): void {
    // A run that this machine began before its Grant belongs to that attempt.
    const isBegunHere = this.#attempt === 0 && worker === this.#self
    if (!isBegunHere) {
      if (prefix_digest === null || reason === 'rejected') this.#takeBack()
      else this.tokensBefore += this.#tokens
      if (prefix_digest === null) this.tokensBefore = 0
      if (this.#worker !== null && this.#text !== '')
        this.pieces.push({ type: 'seam', from: this.#worker, to: worker })
      this.#tokens = 0
    }
    this.#attempt = attempt
    this.#worker = worker
  }

  #takeBack(): void {
    this.#text = this.#text.slice(0, this.pieces.takeBack())
    this.#unsaid = ''
    this.#says = this.#contentReader()
    this.#says(this.#text)
  }

  /** Adds the new part of a piece. */
  #add(offset: number, text: string): void {
    const overlap = this.#text.length - offset
    if (overlap < 0) return
    if (!this.#text.startsWith(text.slice(0, overlap), offset)) {
      this.fail(this.#otherText())
      return
    }
    const fresh = text.slice(overlap)
    if (fresh === '') return
    this.#text += fresh
    this.#unsaid += fresh
    // A partial call is not shown, so it can still be taken back.
    if (this.#says(fresh) === '') return
    this.pieces.push({ type: 'text', text: this.#unsaid })
    this.#unsaid = ''
  }

  #contentReader(): (piece: string) => string {
    return callableTools(this.ask.payload.input).length > 0 ? contentReader() : (piece) => piece
  }

  #otherText(): RippleError {
    const detail = 'the answer differs from the part that was read'
    return new RippleError('RIPPLE_ANSWER_INVALID', { model: this.ask.model.name, detail })
  }
}
