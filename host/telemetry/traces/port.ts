/** Declares what the daemon reports to its traces. */
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { DaemonEvent } from '../catalogue.ts'

/** The head of a request, as far as its span names it. */
export interface RequestHead {
  readonly method: string
  /** The pattern of its route, without values. */
  readonly route: string
  /** The header of this name: the trace that the caller has begun. */
  readonly traceparent: unknown
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** A message with the trace context that goes along, and a function that reports that it was sent or given up. */
export interface Sending {
  readonly message: Message
  sent(): void
}

/** The traces of this machine. No call throws or waits for the collector. */
export interface Traces extends AsyncDisposable {
  /** Follows an event at its moment, in milliseconds since 1970. */
  hear(event: DaemonEvent, now: number): void
  /** Runs the work of a request, whose posts belong to its trace. The returned function ends the request with its status. */
  request(head: RequestHead, work: () => void): (status: number) => void
  /** Follows the post of a task under the client's key. Settles as the post does. */
  post<T>(key: string, post: () => Promise<T>): Promise<T>
  sending(to: AgentKey, message: Message): Sending
  received(from: AgentKey, message: Message): void
}
