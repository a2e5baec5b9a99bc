// Follows the task of an ask, and makes one answer of what its attempts give.
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view.ts'
import type { AnswerEnd } from '../types/answer.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import { taskWaitMs } from '../types/task-wait.ts'
import { callableTools, contentReader } from '../types/tool-answer.ts'
import { textOf } from '../types/utf8.ts'
import { withDeadline } from '../work/deadline.ts'
import type { WorkEvent } from '../work/watchers.ts'
import type { Work } from '../work/work.ts'
import { failureOf, faultOf, keySpent } from './failure.ts'
import type { KnownModel } from './names.ts'
import type { PieceQueue } from './piece-queue.ts'

/** What following a task needs of the daemon. */
export interface FollowNeeds {
  readonly work: Pick<Work, 'events' | 'secrets' | 'textOf' | 'show' | 'find' | 'refusedHere'>
  readonly self: AgentKey
  readonly clock: AlarmClock
  /** Writes the receipt of an accepted task, and gives its path; null where it could not be written. */
  receiptOf(view: TaskView, signal: AbortSignal): Promise<string | null>
  /** The answer of an own task of an epoch that was left. */
  pastAnswer(view: TaskView, signal: AbortSignal): Promise<PastAnswer>
}

/** What is still here of the answer of a task whose epoch was left. */
export interface PastAnswer {
  /** Null where no receipt reveals it. */
  readonly text: string | null
  /** Path of its receipt; null where there is none. */
  readonly receipt: string | null
}

/** The times of an ask's task. */
export const askTimes = { deadlines_ms: limits.ask_deadlines_ms, lease_ms: limits.lease_ms } as const

/** What is asked of the mesh. */
export interface MeshAsk {
  readonly model: KnownModel
  readonly payload: InferencePayload
  /** Whether the client has named a key for its task. */
  readonly keyed: boolean
  readonly why: string
}

/**
 * The answer of a task that was just posted: of a key that was used in an epoch that was left, what its receipt reveals, else as
 * `followTask` gives it. Rejects as that does.
 */
export async function answerOf(
  needs: FollowNeeds,
  posted: TaskView,
  story: Story,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  return needs.work.find(posted.task) === null
    ? pastEnd(needs, posted, story, signal)
    : followTask(needs, posted, story, signal)
}

/** The answer of a task of an epoch that was left. Rejects with why it has none, or none that can be read any more. */
async function pastEnd(
  needs: FollowNeeds,
  view: TaskView,
  story: Story,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const { ask } = story
  if (view.state !== 'accepted') throw faultOf(view, ask, needs.self) ?? failureOf(view, ask, null)
  const { text, receipt } = await needs.pastAnswer(view, signal)
  if (text === null) throw keySpent(view, ask, 'its epoch was left, and no receipt reveals the answer')
  return endWith(story, view, needs.self, { text, receipt })
}

/**
 * Follows a task that was just posted to its end, and passes its answer on piece by piece: one answer, whoever went on with it.
 * The story has what was shown of it before. Rejects with the signal's reason, with what is wrong with the ask where a worker says
 * that, with why its task has no answer (`failureOf`), with `RIPPLE_ANSWER_INVALID` where what was accepted does not begin with what
 * was streamed, and with `RIPPLE_TIMEOUT` where its answer should long have been here: a conductor that hangs writes no Close.
 */
async function followTask(
  needs: FollowNeeds,
  posted: TaskView,
  story: Story,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const { work, clock } = needs
  const off = work.events((event) => story.take(event))
  try {
    return await withDeadline(clock, taskWaitMs(askTimes), 'the task', signal, async (ending) => {
      story.begin(posted.task, work.textOf(posted.task), work.show(posted.task))
      const closed = await story.closed
      if (closed.state !== 'accepted') throw failureOf(closed, story.ask, work.refusedHere(closed.task))
      return await endOf(needs, closed, story, ending)
    })
  } finally {
    off()
  }
}

/** Withdraws a task that nobody reads the answer of; whether that was in time shows on the chain. */
export function withdraw(work: Pick<Work, 'cancel'>, task: ActionHash): void {
  work.cancel(task, AbortSignal.timeout(limits.task_close_ms)).catch(() => undefined)
}

async function endOf(
  needs: FollowNeeds,
  view: TaskView,
  story: Story,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const [{ output }, receipt] = await Promise.all([
    needs.work.secrets(view.task, signal),
    needs.receiptOf(view, signal),
  ])
  return endWith(story, view, needs.self, { text: textOf(output ?? new Uint8Array()), receipt })
}

/** Ends a story with the whole answer of its task. Throws as `Story.finish` does. */
function endWith(
  story: Story,
  view: TaskView,
  self: AgentKey,
  { text, receipt }: Pick<AnswerEnd, 'text' | 'receipt'>,
): AnswerEnd {
  const { model, payload, why } = story.ask
  story.finish(text)
  const { tokens_in = 0, tokens_out = 0 } = view.usage ?? {}
  const { max_tokens, context_tokens } = payload.parameters
  // Who went on with a text has cut it into tokens anew, and may count one less than were generated before the seam.
  const generated = Math.min(max_tokens, story.tokensBefore + tokens_out)
  const full = generated >= max_tokens || tokens_in + tokens_out >= context_tokens
  return {
    text,
    finish: full && payload.input.type !== 'embed' ? 'length' : 'stop',
    // Who went on with a text has read it behind the prompt: what was generated is counted once.
    usage: { tokens_in: Math.max(0, tokens_in - story.tokensBefore), tokens_out: generated },
    model: model.name,
    model_digest: model.digest,
    route: view.worker === self ? 'local' : 'mesh',
    peer: view.worker,
    task: view.task,
    receipt,
    why,
  }
}

/** What was seen of an answer so far. */
export class Story {
  readonly ask: MeshAsk
  readonly pieces: PieceQueue
  readonly closed: Promise<TaskView>
  /** Tokens that attempts gave that another one went on with. */
  tokensBefore = 0
  readonly #self: AgentKey
  readonly #end = Promise.withResolvers<TaskView>()
  /** Its task, once that stands. */
  #task: string | null = null
  #text = ''
  #tokens = 0
  /** What of the text is no words so far: a call of a tool, or the beginning of a document. */
  #unsaid = ''
  /** Gives the words of each piece. */
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

  /** Shows what comes next of an answer that was begun before its task stands. */
  show(text: string): void {
    this.#add(this.#text.length, text)
  }

  /** The task stands: what came of it before anybody listened. */
  begin(task: string, text: string, view: TaskView): void {
    this.#task = task
    // What was begun here and granted elsewhere is taken back before what the other has given is added.
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

  /** The whole answer is here: what was not streamed of it follows. Throws `RIPPLE_ANSWER_INVALID`. */
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
   * What was shown of an attempt is taken back where the next one begins anew, or goes on without what was rejected; so is what was
   * begun here and granted to another. What somebody has read stays: it must come again.
   */
  #granted({ attempt, worker, reason, prefix_digest }: TaskView['attempts'][number]): void {
    // What this machine began before its Grant is of that attempt.
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

  /** Adds what is new of a piece. */
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
    // Nobody is shown a part of a call, so that it can still be taken back.
    if (this.#says(fresh) === '') return
    this.pieces.push({ type: 'text', text: this.#unsaid })
    this.#unsaid = ''
  }

  #contentReader(): (piece: string) => string {
    return callableTools(this.ask.payload.input).length > 0 ? contentReader() : (piece) => piece
  }

  #otherText(): RippleError {
    const detail = 'the answer is another than what was read of it'
    return new RippleError('RIPPLE_ANSWER_INVALID', { model: this.ask.model.name, detail })
  }
}
