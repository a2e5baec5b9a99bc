/** Makes the spans of what this machine does for tasks: claims, runs and Results. */
import { type Context, type Span, SpanKind } from '@opentelemetry/api'
import { LRUCache } from 'lru-cache'
import { limits } from '../../limits.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { EventOf } from '../catalogue.ts'
import { outcomeAttributes, peerAttributes, runSpan, taskAttributes, usageAttributes } from './conventions.ts'
import { begin, end, type SpanNeeds } from './spans.ts'

/** A task of a peer with a trace. */
interface PeersTask {
  /** The newest span of the poster that this machine knows. */
  parent: Context
  /** From the offer to its answer; null before and after. */
  claim: Span | null
}

/** A task that runs here, or has run. */
interface Run {
  readonly parent: Context
  readonly poster: AgentKey
  /** From the start of the run to its end, then from its end to the Result; null between runs. */
  span: Span | null
}

/** The spans of runs on this machine. A task without a context of its poster has none. */
export class WorkerSpans {
  readonly #needs: SpanNeeds
  /** By task and poster, because another machine may send a context for the same task. */
  readonly #heard = new LRUCache<string, PeersTask>({ max: limits.traced_tasks_max })
  readonly #runs = new LRUCache<ActionHash, Run>({ max: limits.traced_tasks_max })

  constructor(needs: SpanNeeds) {
    this.#needs = needs
  }

  /** Begins the answer to an offer. */
  offered(from: AgentKey, task: ActionHash, parent: Context): void {
    const now = this.#needs.now()
    this.answered(from, task, 'unanswered')
    const attributes = { ...taskAttributes(task), ...peerAttributes(from) }
    const claim = begin(this.#needs, 'claim', { parent, attributes, kind: SpanKind.SERVER, at: now })
    this.#heard.set(nameOf(task, from), { parent, claim })
  }

  /** Ends the answer to an offer when it is being sent. */
  answered(to: AgentKey, task: ActionHash, outcome: string): void {
    const heard = this.#heard.get(nameOf(task, to))
    if (!heard?.claim) return
    end(heard.claim, this.#needs.now(), outcomeAttributes(outcome))
    heard.claim = null
  }

  /** Has the run continue the span of the payload. */
  paid(from: AgentKey, task: ActionHash, parent: Context): void {
    const name = nameOf(task, from)
    this.#heard.set(name, { claim: this.#heard.get(name)?.claim ?? null, parent })
  }

  /** Begins the span of a run; `own` is the context of an own task. */
  started(event: EventOf<'run_started'>, own: Context | null, now: number): void {
    const { task, poster } = event
    const parent = own ?? this.#heard.get(nameOf(task, poster))?.parent
    if (parent === undefined) return
    const { name, attributes } = runSpan(event)
    this.#runs.set(task, { parent, poster, span: begin(this.#needs, name, { parent, attributes, at: now }) })
  }

  /** Ends a run that gave no answer. */
  ended({ task, status, code }: EventOf<'run_ended'>, now: number): void {
    const run = this.#runs.get(task)
    if (!run?.span || status === 'ok') return
    end(run.span, now, outcomeAttributes(status), status === 'failed' ? (code ?? status) : null)
    // A failed run has a Result as well, and an aborted one has none.
    run.span = status === 'failed' ? this.#result(task, run, now) : null
  }

  /** Ends a run that gave an answer, with its cost; its Result comes next. */
  measured({ task, tokens_in, tokens_out }: EventOf<'run_measured'>, now: number): void {
    const run = this.#runs.get(task)
    if (!run?.span) return
    end(run.span, now, { ...outcomeAttributes('ok'), ...usageAttributes(tokens_in, tokens_out) })
    run.span = this.#result(task, run, now)
  }

  /** Ends the wait for the Result when it is written. */
  resultWritten(task: ActionHash, now: number): void {
    const run = this.#runs.get(task)
    if (run?.span) end(run.span, now)
    this.#runs.delete(task)
    if (run) this.#heard.delete(nameOf(task, run.poster))
  }

  /** Ends all spans, because the daemon stops. */
  stop(now: number): void {
    const open = [...this.#heard.values()].map(({ claim }) => claim)
    for (const span of [...open, ...[...this.#runs.values()].map((run) => run.span)])
      if (span) end(span, now, outcomeAttributes('stopped'))
    this.#heard.clear()
    this.#runs.clear()
  }

  #result(task: ActionHash, { parent }: Run, at: number): Span {
    return begin(this.#needs, 'result', { parent, attributes: taskAttributes(task), at })
  }
}

function nameOf(task: ActionHash, poster: AgentKey): string {
  return `${task} ${poster}`
}
