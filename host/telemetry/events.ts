/** Distributes daemon events to the log, the history and the followers. */
import { randomBytes } from 'node:crypto'
import { limits } from '../limits.ts'
import {
  catalogue,
  type DaemonEvent,
  type EventKind,
  type EventName,
  type EventOf,
  eventKinds,
  type HistoryName,
  type StreamEvent,
} from './catalogue.ts'
import { EventRing } from './event-ring.ts'
import type { HistoryEvent } from './history.ts'
import type { Log } from './log.ts'
import type { LogFile } from './log-file.ts'

/** Reports an event that is not a line of the history. The log also gets its `cause`, with the stack. */
export type Emit = (event: EventOf<Exclude<EventName, HistoryName>>, cause?: unknown) => void

/** A client's choice of events. */
export interface Following {
  /** The id of the last event that the client has; null for all that are kept. */
  readonly after?: string | null
  /** All kinds if left out. */
  readonly kinds?: readonly EventKind[]
}

/** The stream of events. */
export interface EventStream {
  /**
   * Calls back with each event after the client's last one, in order and once, then with each new one. If some are not kept
   * any more, or the id is of another run of the daemon, `reset` comes first. The returned function ends the calls.
   */
  follow(following: Following, onEvent: (event: StreamEvent) => void): () => void
}

/** Reports every event. */
export interface EventHub extends EventStream {
  readonly emit: Emit
  /** Reports a line of the history. */
  record(event: HistoryEvent): void
}

/** The settings of a hub. */
export interface HubOptions {
  /** Names this run of the daemon in the ids of its events. */
  readonly run?: string
  readonly history?: Pick<LogFile, 'write'>
  /** The most events of each kind that are kept; `limits.events_kept_max` if left out. */
  readonly keeps?: number
  /** Called with every event and its time; it must not throw. */
  readonly onEvent?: (event: DaemonEvent, now: number) => void
}

/** Makes a hub that keeps the last events of each kind: the pieces of long answers push out no event of another kind. */
export function eventHub(log: Log, now: () => number, options: HubOptions = {}): EventHub {
  const { run = randomBytes(6).toString('hex'), history, keeps = limits.events_kept_max, onEvent } = options
  const rings = Object.fromEntries(eventKinds.map((kind) => [kind, new EventRing(keeps)]))
  const followers = new Set<(kind: EventKind, event: StreamEvent) => void>()
  let last = 0
  const stream = (kind: EventKind, event: DaemonEvent): void => {
    last += 1
    const streamed = { id: `${run}-${last}`, at: now(), ...event } as StreamEvent
    rings[kind]?.push({ place: last, event: streamed })
    for (const follower of followers) follower(kind, streamed)
  }
  const report = (event: DaemonEvent, cause?: unknown): void => {
    const { level, kind, about } = catalogue[event.type]
    onEvent?.(event, now())
    if (level !== null) log[level](cause === undefined ? event : { ...event, err: cause }, about)
    if (kind !== null) stream(kind, event)
  }
  return {
    emit: report,
    record: (line) => {
      history?.write(`${JSON.stringify(line)}\n`)
      const { agent, at, ...event } = line
      report(event)
    },
    follow: ({ after = null, kinds = eventKinds }, onEvent) => {
      const place = after === null ? 0 : placeOf(after, run, last)
      const from = place ?? 0
      const chosen = kinds.flatMap((kind) => rings[kind] ?? [])
      const isGap = place === null || chosen.some(({ lost }) => lost > from)
      if (after !== null && isGap) onEvent({ id: `${run}-${from}`, at: now(), type: 'reset' })
      const missed = chosen.flatMap((ring) => ring.after(from)).sort((one, other) => one.place - other.place)
      for (const { event } of missed) onEvent(event)
      const follower = (kind: EventKind, event: StreamEvent): void => {
        if (kinds.includes(kind)) onEvent(event)
      }
      followers.add(follower)
      return () => void followers.delete(follower)
    },
  }
}

/** Returns the place of an id in this run's stream; null for an id that this run has not given. */
function placeOf(id: string, run: string, last: number): number | null {
  const [, digits] = /^(\d{1,15})$/.exec(id.startsWith(`${run}-`) ? id.slice(run.length + 1) : '') ?? []
  return digits !== undefined && Number(digits) <= last ? Number(digits) : null
}
