import { limits } from '../limits.ts'
import type { Log } from './log.ts'

/** What happened to a task. */
export interface TaskHappening {
  /** The task's key. */
  readonly key: string
  readonly kind: 'state' | 'tokens' | 'note'
  /** The state's name, the piece of text, or what happened. */
  readonly text: string
  /** The agent that did it; null where that is not known. */
  readonly peer: string | null
}

/** A happening as the stream numbers it, from 1 while the daemon lives. */
export interface NumberedEvent extends TaskHappening {
  readonly id: number
  readonly at: number
}

/** The one place where what happens is told: to the log, and to whoever follows. */
export interface EventHub {
  tell(event: TaskHappening): void
  /** Calls back with each kept event above `after`, then with each new one; the returned function ends that. */
  follow(after: number, onEvent: (event: NumberedEvent) => void): () => void
}

/** The last events, bounded in number and in bytes: pieces of an answer are as long as peers make them. */
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
