/** Follows the events and messages of this machine with the spans of requests, own tasks and runs. */
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { DaemonEvent, EventName, EventOf } from '../catalogue.ts'
import type { Traces } from './port.ts'
import { PosterSpans } from './poster-spans.ts'
import { RequestSpans } from './request-spans.ts'
import { contextOf, type SpanNeeds } from './spans.ts'
import { WorkerSpans } from './worker-spans.ts'

type Hearing = { readonly [N in EventName]?: (event: EventOf<N>, now: number) => void }

/** The traces without their way to a collector; `stop` ends all spans. */
export type FollowedSpans = Omit<Traces, keyof AsyncDisposable> & { stop(): void }

/** Makes the spans. `dropped` is called for the malformed context of a peer, which is not used. */
export function followSpans(needs: SpanNeeds, dropped: (from: AgentKey) => void): FollowedSpans {
  const requests = new RequestSpans(needs)
  const poster = new PosterSpans(needs)
  const worker = new WorkerSpans(needs)
  const hearing: Hearing = {
    task_state: (event, now) => poster.stated(event, now),
    offered: (event, now) => poster.offered(event, now),
    refused: ({ task, by, code }, now) => poster.answered(task, by, code, now),
    checked: (event, now) => poster.checked(event, now),
    task_closed: (event, now) => poster.closed(event, now),
    run_started: (event, now) => worker.started(event, poster.contextOf(event.task), now),
    run_ended: (event, now) => worker.ended(event, now),
    run_measured: (event, now) => worker.measured(event, now),
    committed: ({ entry, task }, now) => {
      if (entry === 'Result') worker.resultWritten(task, now)
      if (entry === 'Close') poster.closeWritten(task, now)
    },
  }
  return {
    hear: (event, now) => {
      const hear = hearing[event.type] as ((event: DaemonEvent, now: number) => void) | undefined
      hear?.(event, now)
    },
    request: (head, work) => requests.run(head, work),
    post: (key, post) => poster.post(key, requests.parent(), post),
    sending: (to, message) => {
      const { type } = message
      if (type === 'claim') worker.answered(to, message.task, 'claimed')
      if (type === 'refuse') worker.answered(to, message.task, message.code)
      return type === 'offer' || type === 'payload'
        ? poster.sending(to, message)
        : { message, sent: () => {} }
    },
    received: (from, message) => {
      if (message.type === 'claim') poster.answered(message.task, from, 'claimed', needs.now())
      if (message.type !== 'offer' && message.type !== 'payload') return
      const parent = carried(from, message, dropped)
      if (parent === null) return
      if (message.type === 'offer') worker.offered(from, message.task, parent)
      else worker.paid(from, message.task, parent)
    },
    stop: () => {
      worker.stop(needs.now())
      poster.stop(needs.now())
    },
  }
}

function carried(
  from: AgentKey,
  { trace }: Extract<Message, { type: 'offer' | 'payload' }>,
  dropped: (from: AgentKey) => void,
) {
  if (trace === null) dropped(from)
  return contextOf(trace)
}
