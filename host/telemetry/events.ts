/** Distributes task events to the log and to followers. */
import { limits } from '../limits.ts'
import type { Log } from './log.ts'

/** An event of a task. */
export interface TaskHappening {
  /** The task's key. */
  readonly key: string
  readonly kind: 'state' | 'tokens' | 'note'
  /** The state's name, the piece of text, or the note. */
  readonly text: string
  /** The agent that caused it; null if unknown. */
  readonly peer: string | null
}

/** A task event with its number in the stream, from 1 while the daemon lives. */
export interface NumberedEvent extends TaskHappening {
  readonly id: number
  readonly at: number
}

/** The one place that reports task events: to the log, and to followers. */
export interface EventHub {
  tell(event: TaskHappening): void
  /** Calls back with each kept event above `after`, then with each new one. The returned function stops the calls. */
  follow(after: number, onEvent: (event: NumberedEvent) => void): () => void
}

/** The last events, bounded in number and in bytes: peers decide how long pieces of an answer are. */
class KeptEvents {
  readonly #events: { readonly event: NumberedEvent; readonly bytes: number }[] = []
  #bytes = 0

  push(event: NumberedEvent): void {
    const bytes = Buffer.byteLength(JSON.stringify(event))
    this.#events.push({ event, bytes })
    this.#bytes += bytes
    while (this.#events.length > limits.events_kept_max || this.#bytes > limits.events_kept_bytes_max)
      this.#bytes -= this.#events.shift()?.bytes ?? 0
  }

  *after(id: number): Generator<NumberedEvent> {
    for (const { event } of this.#events) if (event.id > id) yield event
  }
}

/** Makes a hub that keeps the last events. */
export function eventHub(log: Log, now: () => number): EventHub {
  const kept = new KeptEvents()
  const followers = new Set<(event: NumberedEvent) => void>()
  let last = 0
  return {
    tell: (happening) => {
      last += 1
      const event = { ...happening, id: last, at: now() }
      kept.push(event)
      // Pieces of an answer are content: they are streamed to the poster's client and never logged.
      if (event.kind !== 'tokens') log.info({ task: event.key, peer: event.peer }, event.text)
      for (const follower of followers) follower(event)
    },
    follow: (after, onEvent) => {
      for (const event of kept.after(after)) onEvent(event)
      followers.add(onEvent)
      return () => void followers.delete(onEvent)
    },
  }
}
